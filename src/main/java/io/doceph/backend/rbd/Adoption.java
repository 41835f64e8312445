package io.doceph.backend.rbd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.config.ByteSize;
import io.doceph.host.Filesystem;
import io.doceph.host.Filesystems;
import io.doceph.host.process.CommandResult;
import io.doceph.host.process.Deadline;
import io.doceph.volume.Adoptable;
import io.doceph.volume.Volume;
import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeName;
import io.doceph.volume.VolumeSpec;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jboss.logging.Logger;

/** Takes over images that doceph did not make; their data is read at most. */
final class Adoption {
  private static final Logger LOG = Logger.getLogger(Adoption.class);

  private final Cluster cluster;
  private final RbdCommands commands;
  private final Descriptions descriptions;
  private final ImageOptions options;
  private final Mapper mapper;
  private final Maps maps;
  private final ImageUsers users;
  private final RbdSettings settings;
  private final Filesystems filesystems;

  Adoption(
      Cluster cluster,
      RbdCommands commands,
      Descriptions descriptions,
      ImageOptions options,
      Mapper mapper,
      Maps maps,
      ImageUsers users,
      RbdSettings settings,
      Filesystems filesystems) {
    this.cluster = cluster;
    this.commands = commands;
    this.descriptions = descriptions;
    this.options = options;
    this.mapper = mapper;
    this.maps = maps;
    this.users = users;
    this.settings = settings;
    this.filesystems = filesystems;
  }

  /** Describes an image as the volume of its name. */
  Volume adopt(VolumeName name, ObjectNode given, Deadline deadline) {
    ObjectNode shown = given.deepCopy();
    options.complete(shown);
    String fs = shown.path("fs").asText("");
    String user = shown.path(ImageOptions.USER).asText("");
    Image image =
        new Image(
            Place.parse(ImageOptions.placeText(shown)),
            name.value(),
            user.isEmpty() ? settings.defaultUser() : user);
    JsonNode info = info(image, deadline);
    // A copy or a clone has the metadata of its origin.
    Optional<Volume> known =
        descriptions.ofImage(image, deadline).filter(v -> v.name().equals(name));
    if (known.isPresent()) {
      descriptions.update(known.get(), deadline); // a volume that the index has lost
      return known.get();
    }
    requireNotMapped(name, image);
    Filesystem filesystem = fs.isEmpty() ? recognise(name, image, deadline) : filesystem(fs);
    ImageUsers.Users now = users.both(image, deadline);
    requireNoLockOfOthers(image, now);
    enableLock(image, info, now, deadline);
    ByteSize size = new ByteSize(info.path("size").asLong());
    VolumeSpec spec = VolumeSpec.adopted(name, "rbd", size, filesystem, shown);
    Volume volume =
        new Volume(
            spec,
            Instant.now().truncatedTo(ChronoUnit.MICROS),
            Volume.Stage.READY,
            settings.hostId(),
            0);
    descriptions.update(volume, deadline);
    LOG.infof("volume=%s: image %s was taken over", name, image);
    return volume;
  }

  /** A volume of that name that was removed elsewhere, or what an interrupted adoption has left. */
  private void requireNotMapped(VolumeName name, Image image) {
    if (maps.get(name).isPresent()) {
      throw new VolumeError(
          VolumeError.Code.IN_USE,
          "image "
              + image
              + " cannot be taken over: this host has an image of a volume "
              + name
              + " mapped still; stop the containers that use it, and try again in some seconds");
    }
  }

  private JsonNode info(Image image, Deadline deadline) {
    try {
      return cluster.json(
          commands.info(image, deadline), "image " + image + " cannot be taken over", image);
    } catch (VolumeError e) {
      if (Cluster.isNoImage(e)) {
        throw new VolumeError(
            VolumeError.Code.NOT_FOUND,
            "there is no image " + image + "; `rbd ls " + image.place() + "` shows those there are",
            e);
      }
      throw e;
    }
  }

  private static Filesystem filesystem(String text) {
    try {
      return Filesystem.parse(text);
    } catch (IllegalArgumentException e) {
      throw new VolumeError(VolumeError.Code.INVALID, String.valueOf(e.getMessage()), e);
    }
  }

  /** Looks at the image; through the device of somebody else who has mapped it here, if any. */
  private Filesystem recognise(VolumeName name, Image image, Deadline deadline) {
    Optional<Path> others = mapper.find(image, mapper.type(), deadline);
    if (others.isPresent()) {
      return filesystemOn(others.get(), image, deadline);
    }
    String what = "image " + image + " cannot be looked at";
    // Written down first: what is left of it after a crash is found and unmapped.
    maps.put(Maps.Entry.toLook(name, image, mapper.type()));
    Path device = mapToLook(name, image, what, deadline);
    Filesystem there;
    try {
      there = filesystemOn(device, image, deadline);
    } catch (RuntimeException e) {
      try {
        unmapLooked(name, image, device, what, deadline);
      } catch (VolumeError left) {
        e.addSuppressed(left); // its record sees to it later
      }
      throw e;
    }
    unmapLooked(name, image, device, what, deadline);
    return there;
  }

  private void unmapLooked(
      VolumeName name, Image image, Path device, String what, Deadline deadline) {
    mapper.unmapDevice(image, device, mapper.type(), what, deadline);
    maps.remove(name);
  }

  private Path mapToLook(VolumeName name, Image image, String what, Deadline deadline) {
    try {
      Path device = mapper.map(image, List.of(), true, what, deadline);
      maps.put(Maps.Entry.toLook(name, image, mapper.type())); // by which it is mapped after all
      return device;
    } catch (VolumeError e) {
      if (Cluster.isRefusal(e)) { // else it may be mapped, and is looked after by the record
        maps.remove(name);
      }
      throw e;
    }
  }

  private Filesystem filesystemOn(Path device, Image image, Deadline deadline) {
    String there = filesystems.probe(device, deadline).orElse("nothing that blkid knows");
    try {
      return Filesystem.parse(there);
    } catch (IllegalArgumentException e) {
      throw new VolumeError(
          VolumeError.Code.CONFLICT,
          "image "
              + image
              + " holds "
              + there
              + ", and a volume holds xfs, ext4 or btrfs on the whole image; it was not changed",
          e);
    }
  }

  /**
   * A lock of the feature exclusive-lock ends with who holds it; one that was taken by hand stays.
   */
  private static void requireNoLockOfOthers(Image image, ImageUsers.Users now) {
    Optional<ImageUsers.Lock> taken =
        now.locks().stream().filter(lock -> !lock.id().startsWith("auto ")).findFirst();
    if (taken.isEmpty() || !now.watchers().isEmpty()) {
      return;
    }
    ImageUsers.Lock lock = taken.get();
    throw new VolumeError(
        VolumeError.Code.IN_USE,
        "image "
            + image
            + " has the lock '"
            + lock.id()
            + "' of "
            + lock.locker()
            + " ("
            + lock.address()
            + ") and nobody has it open; when you are sure that nobody uses it: `rbd lock rm "
            + image
            + " '"
            + lock.id()
            + "' "
            + lock.locker()
            + "`, and adopt it then");
  }

  /** Images of the first doceph have no exclusive lock; it helps to tell a dead host. */
  private void enableLock(Image image, JsonNode info, ImageUsers.Users now, Deadline deadline) {
    for (JsonNode feature : info.path("features")) {
      if (feature.asText().equals(ImageOptions.EXCLUSIVE_LOCK)) {
        return;
      }
    }
    if (!now.watchers().isEmpty()) {
      LOG.warnf(
          "image %s is in use and has no exclusive-lock; `rbd feature enable %s exclusive-lock` when"
              + " it is not",
          image, image);
      return;
    }
    CommandResult unused =
        cluster.run(
            commands.enableFeature(image, ImageOptions.EXCLUSIVE_LOCK, deadline),
            "image " + image + " cannot be given an exclusive lock",
            image);
  }

  /** The volumes that the first doceph left on this host. */
  List<Adoptable> legacy(Path metadata) {
    LegacyVolumes.Found found = volumes(metadata).read();
    List<Adoptable> all = new ArrayList<>();
    for (LegacyVolume volume : found.volumes()) {
      ObjectNode asked = JsonNodeFactory.instance.objectNode();
      asked.put(ImageOptions.POOL, volume.pool());
      asked.put(ImageOptions.USER, volume.user());
      if (volume.filesystem() != null) {
        asked.put("fs", volume.filesystem());
      }
      all.add(new Adoptable(volume.name().value(), asked, volume.notes(), null));
    }
    found
        .skipped()
        .forEach(
            s ->
                all.add(
                    new Adoptable(
                        s.what(), JsonNodeFactory.instance.objectNode(), List.of(), s.why())));
    return all;
  }

  private LegacyVolumes volumes(Path metadata) {
    return new LegacyVolumes(
        metadata,
        settings.rbdmap(),
        settings.fstab(),
        new LegacyVolumes.Defaults(
            settings.allPlaces().getFirst().pool(), settings.defaultUser(), null));
  }

  /** Takes the lines of an adopted volume out of the tables; the metadata folder is left. */
  List<String> legacyAdopted(Path metadata, String name) {
    LegacyVolumes volumes = volumes(metadata);
    Function<Path, String> told =
        table ->
            "its lines were taken out of " + table + " (a copy is " + table + ".before-doceph)";
    return volumes.read().volumes().stream()
        .filter(v -> v.name().value().equals(name))
        .flatMap(v -> volumes.removeLines(v).stream())
        .map(told)
        .toList();
  }
}
