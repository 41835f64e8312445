package io.doceph.backend.rbd;

import com.fasterxml.jackson.databind.JsonNode;
import io.doceph.host.process.CommandResult;
import io.doceph.host.process.Deadline;
import io.doceph.volume.Finding;
import io.doceph.volume.Finding.Level;
import io.doceph.volume.Found;
import io.doceph.volume.Volume;
import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Compares the index with the images, and tries what doceph needs of the cluster. With {@code
 * repair} the index is written anew from the images, and what interrupted creations of this host
 * left is taken away.
 */
final class Examination {
  /** Looking into an image costs a trip; a pool may be shared with thousands of others' images. */
  private static final int LOOKED_INTO = 50;

  private static final String NOBODY = "192.0.2.1:0/1";

  private final Cluster cluster;
  private final RbdCommands commands;
  private final Index index;
  private final Descriptions descriptions;
  private final Mapper mapper;
  private final Trash trash;
  private final RbdSettings settings;

  Examination(
      Cluster cluster,
      RbdCommands commands,
      Index index,
      Descriptions descriptions,
      Mapper mapper,
      Trash trash,
      RbdSettings settings) {
    this.cluster = cluster;
    this.commands = commands;
    this.index = index;
    this.descriptions = descriptions;
    this.mapper = mapper;
    this.trash = trash;
    this.settings = settings;
  }

  List<Finding> all(boolean repair, Set<VolumeName> busy, Deadline deadline) {
    List<Finding> findings = new ArrayList<>();
    findings.add(new Finding("rbd mapper", Level.OK, mapper.text(), null));
    for (Place place : settings.allPlaces()) {
      try {
        place(place, repair, busy, findings, deadline);
      } catch (VolumeError e) {
        findings.add(
            new Finding(
                "ceph " + place,
                Level.PROBLEM,
                String.valueOf(e.getMessage()),
                "see the sentence itself; doceph goes on asking"));
        return findings; // the rest would only wait
      }
    }
    fencing(findings, deadline);
    return findings;
  }

  /** The kernel cuts off the dead as the user of the image that it maps: each needs the right. */
  private void fencing(List<Finding> findings, Deadline deadline) {
    for (String user : settings.users()) {
      Optional<VolumeError> failure = fencingFailure(user, deadline);
      findings.add(
          failure
              .map(e -> problem(user, e))
              .orElse(new Finding("ceph user " + user, Level.OK, "may cut off dead hosts", null)));
      if (failure.filter(e -> e.code() == VolumeError.Code.UNAVAILABLE).isPresent()) {
        return; // the others would only wait
      }
    }
  }

  /** Tried for real, on an address that nobody has (RFC 5737), for a second. */
  private Optional<VolumeError> fencingFailure(String user, Deadline deadline) {
    try {
      CommandResult unused =
          cluster.always(
              commands.blocklist(user, NOBODY, Duration.ofSeconds(1), deadline),
              "dead hosts cannot be cut off",
              user,
              settings.allPlaces().getFirst().pool());
      return Optional.empty();
    } catch (VolumeError e) {
      return Optional.of(e);
    }
  }

  private Finding problem(String user, VolumeError error) {
    String pools =
        settings.allPlaces().stream()
            .map(place -> "profile rbd pool=" + place.pool())
            .distinct()
            .collect(Collectors.joining(", "));
    String said = String.valueOf(error.getMessage());
    return new Finding(
        "ceph user " + user,
        Level.PROBLEM,
        said,
        CephFailures.isDenied(said)
            ? "an administrator runs: ceph auth caps client.%s mon 'profile rbd' osd '%s' mgr '%s' (with what the user needs besides)"
                .formatted(user, pools, pools)
            : "see the sentence itself");
  }

  private void place(
      Place place,
      boolean repair,
      Set<VolumeName> busy,
      List<Finding> findings,
      Deadline deadline) {
    // In this order: a volume that another host is just making has its image before its entry.
    Map<VolumeName, Found> indexed = indexed(place, deadline);
    Set<String> images = images(place, deadline);
    int before = findings.size();
    fresh(place, images, repair, busy, findings, deadline);
    missing(place, images, indexed, repair, busy, findings, deadline);
    damaged(place, images, indexed, repair, findings, deadline);
    unindexed(place, images, indexed, repair, findings, deadline);
    trash(place, repair, findings, deadline);
    if (findings.size() == before) {
      findings.add(
          new Finding(
              "ceph " + place, Level.OK, indexed.size() + " volumes, each with its image", null));
    }
  }

  private Set<String> images(Place place, Deadline deadline) {
    String what = "the images in " + place + " cannot be listed";
    CommandResult result =
        cluster.always(
            commands.images(place, deadline), what, settings.defaultUser(), place.pool());
    Set<String> images = new HashSet<>();
    for (JsonNode each : Cluster.parse(result.stdout(), what)) {
      images.add(each.asText());
    }
    return images;
  }

  private Map<VolumeName, Found> indexed(Place place, Deadline deadline) {
    Map<VolumeName, Found> indexed = new LinkedHashMap<>();
    index
        .all(place, deadline)
        .forEach(
            (key, value) -> {
              if (VolumeName.isValid(key)) {
                VolumeName name = new VolumeName(key);
                indexed.put(name, ImageJson.found(name, value));
              }
            });
    return indexed;
  }

  /** Images that creations have left: this host's are taken away. */
  private void fresh(
      Place place,
      Set<String> images,
      boolean repair,
      Set<VolumeName> busy,
      List<Finding> findings,
      Deadline deadline) {
    String ours = Image.FRESH + settings.hostId() + ".";
    for (String name : images) {
      if (!name.startsWith(Image.FRESH)) {
        continue;
      }
      Image image = new Image(place, name, settings.defaultUser());
      boolean mine = name.startsWith(ours);
      String volume = mine ? name.substring(ours.length()) : "";
      if (mine
          && VolumeName.isValid(volume)
          && (busy.contains(new VolumeName(volume))
              || descriptions.unfinished(new VolumeName(volume)).isPresent())) {
        continue; // at work, or known and settled by recovery
      }
      if (mine && repair) {
        mapper.unmap(image, mapper.type(), false, image + " cannot be unmapped", deadline);
        CommandResult unused =
            cluster.run(commands.remove(image, deadline), image + " cannot be removed", image);
        findings.add(mended("image " + image, "an interrupted creation had left it; removed"));
      } else {
        findings.add(
            new Finding(
                "image " + image,
                Level.WARNING,
                "an interrupted creation left it",
                mine
                    ? "doceph doctor --repair"
                    : "`doceph doctor --repair` on the host whose id is in its name; when that host"
                        + " is gone for good: rbd rm "
                        + image));
      }
    }
  }

  private void missing(
      Place place,
      Set<String> images,
      Map<VolumeName, Found> indexed,
      boolean repair,
      Set<VolumeName> busy,
      List<Finding> findings,
      Deadline deadline) {
    for (VolumeName name : indexed.keySet()) {
      if (images.contains(name.value())
          || busy.contains(name)
          || descriptions.unfinished(name).isPresent()) {
        continue;
      }
      if (repair) {
        index.remove(place, name.value(), deadline);
        index.remove(place, name + Index.HOLDER, deadline);
        findings.add(mended("volume " + name, "its image is gone; it is not listed any more"));
      } else {
        findings.add(
            new Finding(
                "volume " + name,
                Level.PROBLEM,
                "its image " + place + "/" + name + " is gone",
                "look into `doceph trash list` and `rbd trash ls "
                    + place
                    + "`; when it is lost, `doceph doctor --repair` takes it off the list"));
      }
    }
  }

  private void damaged(
      Place place,
      Set<String> images,
      Map<VolumeName, Found> indexed,
      boolean repair,
      List<Finding> findings,
      Deadline deadline) {
    for (Found found : indexed.values()) {
      if (found.volume() != null || !images.contains(found.name().value())) {
        continue;
      }
      if (repair) {
        repaired(place, found.name(), deadline).ifPresent(findings::add);
      } else {
        findings.add(
            new Finding(
                "volume " + found.name(),
                Level.PROBLEM,
                String.valueOf(found.problem()),
                "doceph doctor --repair"));
      }
    }
  }

  private void unindexed(
      Place place,
      Set<String> images,
      Map<VolumeName, Found> indexed,
      boolean repair,
      List<Finding> findings,
      Deadline deadline) {
    int looked = 0;
    for (String image : images) {
      if (image.startsWith(Image.FRESH)
          || !VolumeName.isValid(image)
          || indexed.containsKey(new VolumeName(image))) {
        continue;
      }
      if (!repair && ++looked > LOOKED_INTO) {
        findings.add(
            new Finding(
                "ceph " + place,
                Level.OK,
                "has many images that are not in the index; only some were looked into",
                "`doceph doctor --repair` looks into all of them"));
        return;
      }
      VolumeName name = new VolumeName(image);
      if (repair) {
        repaired(place, name, deadline).ifPresent(findings::add);
      } else if (ofImage(place, name, deadline).isPresent()) {
        findings.add(
            new Finding(
                "volume " + name,
                Level.WARNING,
                "its image is there and the index does not know it",
                "doceph doctor --repair"));
      }
    }
  }

  /** Writes an entry of the index anew from the image, if that is doceph's. */
  private Optional<Finding> repaired(Place place, VolumeName name, Deadline deadline) {
    Optional<Volume> volume = ofImage(place, name, deadline);
    if (volume.isEmpty()) {
      return Optional.empty();
    }
    descriptions.publishAnew(volume.get(), deadline);
    return Optional.of(mended("volume " + name, "its entry in the index was written anew"));
  }

  private Optional<Volume> ofImage(Place place, VolumeName name, Deadline deadline) {
    return descriptions
        .ofImage(new Image(place, name.value(), settings.defaultUser()), deadline)
        .filter(v -> v.name().equals(name));
  }

  private void trash(Place place, boolean repair, List<Finding> findings, Deadline deadline) {
    List<Descriptions.InTrash> known = descriptions.trashOf(place, deadline);
    if (known.isEmpty()) {
      return;
    }
    Set<String> there = trash.ids(place, deadline);
    for (Descriptions.InTrash entry : known) {
      if (there.contains(entry.imageId()) || !entry.isSettled()) {
        continue;
      }
      if (repair) {
        index.remove(place, Index.TRASH + entry.imageId(), deadline);
        findings.add(
            mended(
                "trash " + entry.trashed().name(),
                "its image is not in the trash; not listed now"));
      } else {
        findings.add(
            new Finding(
                "trash " + entry.trashed().name(),
                Level.WARNING,
                "its image is not in the trash any more: somebody brought it back or deleted it",
                "doceph doctor --repair"));
      }
    }
  }

  private static Finding mended(String name, String what) {
    return new Finding(name, Level.OK, "mended: " + what, null);
  }
}
