package io.doceph.backend.rbd;

import com.fasterxml.jackson.databind.JsonNode;
import io.doceph.host.process.CommandResult;
import io.doceph.host.process.Deadline;
import io.doceph.volume.DescriptionStore;
import io.doceph.volume.Found;
import io.doceph.volume.Trashed;
import io.doceph.volume.Volume;
import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeName;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The descriptions of volumes. That of a ready volume is in the image's metadata, which is the
 * truth, and in the index, by which it is found. A volume in the making or on its way out has one
 * on the disk of the host that makes or removes it: nobody else has to know of it, and no trip to
 * the cluster is needed.
 */
final class Descriptions {
  private static final Logger LOG = Logger.getLogger(Descriptions.class);

  private static final class Read {
    final byte[] raw;
    final Found found;

    Read(byte[] raw, Found found) {
      this.raw = raw;
      this.found = found;
    }
  }

  private final Cluster cluster;
  private final RbdCommands commands;
  private final Index index;
  private final Holders holders;
  private final RbdSettings settings;
  private final DescriptionStore unfinished;

  /** What the last listing has read: an entry that has not changed is not read again. */
  private Map<VolumeName, Read> lastListing = new HashMap<>();

  private volatile List<InTrash> trash = List.of();

  /** By image; newer than the last listing. */
  private final Map<String, TrashChange> trashChanges = new HashMap<>();

  /** What this host has deleted, and the index may still know. */
  private final Set<String> deleted = ConcurrentHashMap.newKeySet();

  private record TrashChange(long when, Optional<InTrash> entry) {}

  /**
   * What was removed and can be brought back.
   *
   * @param imageId the image's id in the trash
   */
  record InTrash(Trashed trashed, Place place, String imageId) {
    /** The entry is written before the image goes there, which takes a while. */
    private static final Duration UNSETTLED = Duration.ofMinutes(5);

    boolean isOf(Volume volume) {
      return trashed.volume().createdAt().equals(volume.createdAt())
          && trashed.name().equals(volume.name());
    }

    /** Whether the image must be there by now, or is gone. */
    boolean isSettled() {
      return trashed.deletedAt().plus(UNSETTLED).isBefore(Instant.now());
    }
  }

  Descriptions(
      Cluster cluster,
      RbdCommands commands,
      Index index,
      Holders holders,
      RbdSettings settings,
      DescriptionStore unfinished) {
    this.cluster = cluster;
    this.commands = commands;
    this.index = index;
    this.holders = holders;
    this.settings = settings;
    this.unfinished = unfinished;
  }

  /** The image of a volume: under a name of its own while it is being made. */
  Image image(Volume volume) {
    String user = volume.spec().options().path(ImageOptions.USER).asText("");
    Image image =
        new Image(
            ImageOptions.place(volume.spec()),
            volume.name().value(),
            user.isEmpty() ? settings.defaultUser() : user);
    boolean unborn =
        volume.stage() == Volume.Stage.RESERVED || volume.stage() == Volume.Stage.CREATED;
    return unborn ? image.named(Image.freshName(volume.hostId(), volume.name())) : image;
  }

  /** Every volume of all places, and who holds what; a damaged entry is listed as such. */
  synchronized List<Found> list(Deadline deadline) {
    long began = System.nanoTime();
    Map<VolumeName, Found> all = new LinkedHashMap<>();
    Map<VolumeName, Read> listing = new HashMap<>();
    Map<VolumeName, Holders.Holder> writers = new HashMap<>();
    Map<VolumeName, List<Holders.Holder>> readers = new HashMap<>();
    List<InTrash> removed = new ArrayList<>();
    for (Place place : settings.allPlaces()) {
      index
          .all(place, deadline)
          .forEach(
              (key, value) -> {
                if (key.startsWith(Index.TRASH)) {
                  inTrash(place, key, value).ifPresent(removed::add);
                } else if (key.endsWith(Index.HOLDER)) {
                  name(key, key.length() - Index.HOLDER.length())
                      .ifPresent(n -> Holders.read(value, true).ifPresent(h -> writers.put(n, h)));
                } else if (key.contains(Index.READER)) {
                  name(key, key.indexOf('/'))
                      .ifPresent(
                          n ->
                              Holders.read(value, false)
                                  .ifPresent(
                                      h ->
                                          readers
                                              .computeIfAbsent(n, k -> new ArrayList<>())
                                              .add(h)));
                } else {
                  name(key, key.length())
                      .ifPresent(
                          n -> {
                            Read read = read(n, value);
                            listing.put(n, read);
                            all.putIfAbsent(n, read.found); // the first place of a name counts
                          });
                }
              });
    }
    lastListing = listing;
    holders.listed(began, writers, readers);
    listedTrash(began, removed);
    for (Found each : unfinished.list()) {
      if (!isPublished(each, all.get(each.name()))) {
        all.put(each.name(), each);
      }
    }
    return List.copyOf(all.values());
  }

  /** What this host has changed since a listing began is newer than the listing. */
  private void listedTrash(long began, List<InTrash> listed) {
    synchronized (trashChanges) { // a lock of its own: a listing may wait long for the cluster
      trashChanges.values().removeIf(change -> change.when() - began <= 0);
      arrangeTrash(listed);
    }
  }

  private void arrangeTrash(List<InTrash> listed) {
    List<InTrash> now = new ArrayList<>(listed);
    now.removeIf(e -> trashChanges.containsKey(e.imageId()) || deleted.contains(e.imageId()));
    trashChanges.values().forEach(change -> change.entry().ifPresent(now::add));
    now.sort((a, b) -> b.trashed().deletedAt().compareTo(a.trashed().deletedAt()));
    trash = List.copyOf(now);
  }

  /** This host has put an image into the trash. */
  void trashed(InTrash entry) {
    changeTrash(entry.imageId(), Optional.of(entry));
  }

  /** An image is deleted: it is shown no more, although the index has to be told yet. */
  void deleted(InTrash entry) {
    deleted.add(entry.imageId());
    changeTrash(entry.imageId(), Optional.empty());
  }

  /** An image that is not in the trash any longer is not in the index any longer. */
  void untrashed(InTrash entry) {
    changeTrash(entry.imageId(), Optional.empty());
    deleted.remove(entry.imageId()); // a listing that began before is older than the change
  }

  private void changeTrash(String imageId, Optional<InTrash> entry) {
    synchronized (trashChanges) {
      trashChanges.put(imageId, new TrashChange(System.nanoTime(), entry));
      arrangeTrash(trash);
    }
  }

  private static Optional<VolumeName> name(String key, int length) {
    String text = key.substring(0, length);
    return VolumeName.isValid(text) ? Optional.of(new VolumeName(text)) : Optional.empty();
  }

  private Read read(VolumeName name, byte[] value) {
    Read known = lastListing.get(name);
    return known != null && Arrays.equals(known.raw, value)
        ? known
        : new Read(value, ImageJson.found(name, value));
  }

  private static Optional<InTrash> inTrash(Place place, String key, byte[] value) {
    try {
      JsonNode json = Index.json(value);
      Volume volume = ImageJson.read(json.path("volume"));
      String id = key.substring(Index.TRASH.length());
      return Optional.of(
          new InTrash(
              new Trashed(
                  id,
                  volume.name(),
                  volume,
                  Instant.parse(json.path("deletedAt").asText()),
                  Instant.parse(json.path("expiresAt").asText())),
              place,
              id));
    } catch (RuntimeException e) {
      return Optional.empty(); // examined by doctor, and hides nothing else
    }
  }

  /** What the index of a place says now of an image in the trash. */
  Optional<InTrash> inTrash(Place place, String imageId, Deadline deadline) {
    String key = Index.TRASH + imageId;
    return index.get(place, key, deadline).flatMap(value -> inTrash(place, key, value));
  }

  /** Whether the volume of an unfinished creation has got its name after all. */
  private static boolean isPublished(Found begun, @Nullable Found listed) {
    Volume mine = begun.volume();
    Volume there = listed == null ? null : listed.volume();
    return mine != null
        && there != null
        && mine.stage() != Volume.Stage.REMOVING
        && mine.createdAt().equals(there.createdAt())
        && mine.hostId().equals(there.hostId());
  }

  /** Where a volume was in the last listing. */
  synchronized Optional<Place> placeOf(VolumeName name) {
    Read known = lastListing.get(name);
    Volume volume = known == null ? null : known.found.volume();
    return volume == null ? Optional.empty() : Optional.of(ImageOptions.place(volume.spec()));
  }

  /** What is in the trash of one place, asked for now. */
  List<InTrash> trashOf(Place place, Deadline deadline) {
    List<InTrash> removed = new ArrayList<>();
    index
        .all(place, deadline)
        .forEach(
            (key, value) -> {
              if (key.startsWith(Index.TRASH)) {
                inTrash(place, key, value).ifPresent(removed::add);
              }
            });
    return removed;
  }

  List<InTrash> trash() {
    return trash;
  }

  /** The volume of that name: unfinished here, or in the index of one of the places. */
  Optional<Found> find(VolumeName name, Deadline deadline) {
    Optional<Found> begun = unfinished.find(name);
    if (begun.map(Found::volume).filter(v -> v.stage() == Volume.Stage.REMOVING).isPresent()) {
      return begun;
    }
    Optional<Found> there = inIndex(name, deadline);
    if (begun.isEmpty()) {
      return there;
    }
    if (isPublished(begun.get(), there.orElse(null))) {
      unfinished.remove(name);
      return there;
    }
    Volume mine = begun.get().volume();
    return mine != null && there.isEmpty() && finishPublishing(mine, deadline)
        ? inIndex(name, deadline)
        : begun;
  }

  private Optional<Found> inIndex(VolumeName name, Deadline deadline) {
    for (Place place : settings.allPlaces()) {
      Optional<Found> found = published(name, place, deadline);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  /** A creation that was cut short after the image got its name, and before the index knew it. */
  private boolean finishPublishing(Volume begun, Deadline deadline) {
    if (!indexPublished(begun, deadline)) {
      return false;
    }
    unfinished.remove(begun.name());
    LOG.infof("volume=%s: its interrupted creation has been finished", begun.name());
    return true;
  }

  /** Enters a volume into the index if its image has got its name already: others may have it. */
  boolean indexPublished(Volume begun, Deadline deadline) {
    Image image = image(begun.at(Volume.Stage.READY));
    Optional<Volume> there = ofImage(image, deadline);
    if (there.isEmpty()
        || !there.get().createdAt().equals(begun.createdAt())
        || !there.get().hostId().equals(begun.hostId())) {
      return false;
    }
    index.put(image.place(), begun.name().value(), ImageJson.write(there.get()), deadline);
    return true;
  }

  /**
   * The description in an image's metadata; empty when there is no such image, or it is not ours.
   *
   * @throws VolumeError when it is ours and damaged
   */
  Optional<Volume> ofImage(Image image, Deadline deadline) {
    String what = "the metadata of image " + image + " cannot be read";
    try {
      CommandResult result =
          cluster.run(commands.getMeta(image, ImageJson.META, deadline), what, image);
      return Optional.of(ImageJson.read(Cluster.parse(result.stdout(), what)));
    } catch (VolumeError e) {
      if (Cluster.isNoImage(e)) {
        return Optional.empty();
      }
      throw e;
    } catch (IllegalArgumentException e) {
      throw new VolumeError(VolumeError.Code.FAILED, what + ": " + e.getMessage(), e);
    }
  }

  /** Writes a description into an image. */
  void writeTo(Image image, Volume volume, Deadline deadline) {
    CommandResult unused =
        cluster.run(
            commands.setMeta(image, ImageJson.META, ImageJson.write(volume).toString(), deadline),
            "volume " + volume.name() + " cannot be described in image " + image,
            image);
  }

  /** Replaces the description of a ready volume. */
  void update(Volume volume, Deadline deadline) {
    Image image = image(volume);
    writeTo(image, volume, deadline);
    publishAnew(volume, deadline);
    unfinished.remove(volume.name());
  }

  /** Replaces what other hosts see of a ready volume. */
  void publishAnew(Volume volume, Deadline deadline) {
    Place place = image(volume).place();
    index.put(place, volume.name().value(), ImageJson.write(volume), deadline);
  }

  /** What other hosts see of a volume now. */
  Optional<Found> published(VolumeName name, Place place, Deadline deadline) {
    return index.get(place, name.value(), deadline).map(value -> ImageJson.found(name, value));
  }

  /** A removal that has not begun, or was refused: it was known here alone. */
  void cancelRemoval(VolumeName name) {
    unfinished.remove(name);
  }

  /**
   * Gives a finished and described image the volume's name, which exactly one of several hosts can,
   * and enters it into the index.
   *
   * @throws VolumeError {@code CONFLICT} when the name is taken: by another host that was faster,
   *     or by an image that is no volume
   */
  void publish(Volume ready, Deadline deadline) {
    Image image = image(ready);
    Image fresh = image.named(Image.freshName(ready.hostId(), ready.name()));
    try {
      CommandResult unused =
          cluster.run(
              commands.rename(fresh, image, deadline),
              "volume " + ready.name() + " cannot get its name",
              fresh);
    } catch (VolumeError e) {
      if (!Cluster.exited(e, CephFailures.EEXIST)) {
        throw e;
      }
      throw taken(ready, image, deadline);
    }
    index.put(image.place(), ready.name().value(), ImageJson.write(ready), deadline);
    unfinished.remove(ready.name());
  }

  private VolumeError taken(Volume wanted, Image image, Deadline deadline) {
    // A copy or a clone has the metadata of its origin.
    Optional<Volume> there = ofImage(image, deadline).filter(v -> v.name().equals(wanted.name()));
    if (there.isEmpty()) {
      return new VolumeError(
          VolumeError.Code.CONFLICT,
          "image "
              + image
              + " exists and is no volume of doceph's; `doceph adopt "
              + image
              + "` takes it over as it is, or choose another name");
    }
    // It is complete; whoever made it may have died before the index knew it.
    index.put(image.place(), wanted.name().value(), ImageJson.write(there.get()), deadline);
    return new VolumeError(
        VolumeError.Code.CONFLICT,
        "volume " + wanted.name() + " was made by another host at the same time");
  }

  /** Writes down what is being made or removed here. */
  boolean begin(Volume volume) {
    unfinished.prepare();
    return unfinished.create(volume);
  }

  void progress(Volume volume) {
    unfinished.prepare();
    unfinished.replace(volume);
  }

  /** What is being made or removed here under a name. */
  Optional<Volume> unfinished(VolumeName name) {
    return unfinished.find(name).map(Found::volume);
  }

  void forget(VolumeName name, Deadline deadline) {
    Optional<Volume> begun = unfinished(name);
    boolean unborn = begun.filter(v -> v.stage() != Volume.Stage.REMOVING).isPresent();
    if (!unborn) {
      // Where it was is known if it is being removed; else it may be anywhere.
      if (begun.isPresent()) {
        forgetRemoved(begun.get(), deadline);
      } else {
        settings.allPlaces().forEach(place -> index.remove(place, name.value(), deadline));
      }
    }
    unfinished.remove(name);
  }

  /** Another host may have made a new volume of the name since. */
  private void forgetRemoved(Volume going, Deadline deadline) {
    Place place = ImageOptions.place(going.spec());
    Volume there = published(going.name(), place, deadline).map(Found::volume).orElse(null);
    if (there != null && there.createdAt().equals(going.createdAt())) {
      index.remove(place, going.name().value(), deadline);
    }
  }
}
