package io.doceph.backend.rbd;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.host.DamagedStateException;
import io.doceph.host.StateFile;
import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * Which maps on this host are doceph's: written down before an image is mapped, so that what is
 * left over is known from what others have mapped. Void after a reboot, like the maps themselves.
 */
final class Maps {
  private static final Logger LOG = Logger.getLogger(Maps.class);
  private static final String SUFFIX = ".json";

  /**
   * One map.
   *
   * @param volume the volume
   * @param image the image as it was named then
   * @param type {@code krbd} or {@code nbd}
   * @param readOnly whether it can only be read
   * @param inUse whether the volume was ready: only then others are told who uses it
   * @param address this host's address in the cluster for this map, or empty
   * @param cutOff whether the cluster has cut that address off
   * @param superseded what the index said about the holder before, or empty
   * @param since when it was mapped
   */
  record Entry(
      VolumeName volume,
      Image image,
      String type,
      boolean readOnly,
      boolean inUse,
      String address,
      boolean cutOff,
      String superseded,
      Instant since) {
    /** The map of an image that is no volume yet, to look at it. */
    static Entry toLook(VolumeName name, Image image, String type) {
      return new Entry(name, image, type, true, false, "", false, "", Instant.now());
    }

    /** The same map, when its address is known, and what the index said last of others. */
    Entry at(String known, String before) {
      return new Entry(volume, image, type, readOnly, inUse, known, cutOff, before, since);
    }

    /** The same map, by another type of mapper. */
    Entry by(String other) {
      return new Entry(volume, image, other, readOnly, inUse, address, cutOff, superseded, since);
    }

    /** The same map, of which nothing is written any more. */
    Entry withoutTheCluster() {
      return new Entry(volume, image, type, readOnly, inUse, address, true, superseded, since);
    }

    private ObjectNode json() {
      return JsonNodeFactory.instance
          .objectNode()
          .put("volume", volume.value())
          .put("place", image.place().toString())
          .put("image", image.name())
          .put("user", image.user())
          .put("type", type)
          .put("readOnly", readOnly)
          .put("inUse", inUse)
          .put("address", address)
          .put("cutOff", cutOff)
          .put("superseded", superseded)
          .put("since", since.toString());
    }

    private static Entry read(ObjectNode json) {
      return new Entry(
          new VolumeName(json.path("volume").asText()),
          new Image(
              Place.parse(json.path("place").asText()),
              json.path("image").asText(),
              json.path("user").asText()),
          json.path("type").asText(),
          json.path("readOnly").asBoolean(),
          json.path("inUse").asBoolean(),
          json.path("address").asText(),
          json.path("cutOff").asBoolean(),
          json.path("superseded").asText(),
          Instant.parse(json.path("since").asText()));
    }
  }

  private final Path directory;
  private final ConcurrentMap<VolumeName, Entry> entries = new ConcurrentHashMap<>();

  /** Those that are being unmapped: nobody is to be told any more that this host has them. */
  private final Set<VolumeName> leaving = ConcurrentHashMap.newKeySet();

  /** Those that an earlier daemon of this boot has left in a directory. */
  Maps(Path directory, String bootId) {
    // A directory a boot: what an earlier boot has mapped is gone, whatever the disk says.
    this.directory = directory.resolve(bootId);
    try (var files = Files.newDirectoryStream(this.directory, "*" + SUFFIX)) {
      for (Path file : files) {
        load(file);
      }
    } catch (IOException e) {
      LOG.debugf("no maps of an earlier daemon in %s", this.directory);
    }
  }

  private void load(Path file) {
    try {
      StateFile.read(file).map(Entry::read).ifPresent(e -> entries.put(e.volume(), e));
    } catch (DamagedStateException | VolumeError | IllegalArgumentException e) {
      LOG.warnf("%s is damaged; what it tells of may stay mapped: %s", file, e.getMessage());
    }
  }

  Optional<Entry> get(VolumeName volume) {
    return Optional.ofNullable(entries.get(volume));
  }

  Collection<Entry> all() {
    return List.copyOf(entries.values());
  }

  /** Begins to take a map away, together with what is done at once. */
  synchronized <T> T leave(VolumeName volume, Supplier<T> begin) {
    leaving.add(volume);
    return begin.get();
  }

  /** A map is away, or stays after all. */
  void left(VolumeName volume) {
    leaving.remove(volume);
  }

  /** Whether the map is there as it was and is not being taken away. */
  synchronized boolean isStaying(Entry entry) {
    return !leaving.contains(entry.volume()) && entry.equals(entries.get(entry.volume()));
  }

  synchronized void put(Entry entry) {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new VolumeError(
          VolumeError.Code.FAILED, "cannot make the directory " + directory + ": " + e, e);
    }
    StateFile.write(file(entry.volume()), entry.json());
    entries.put(entry.volume(), entry);
  }

  /** Replaces an entry, unless it has been removed or replaced meanwhile. */
  synchronized void replace(Entry entry, Entry by) {
    if (entry.equals(entries.get(entry.volume()))) {
      put(by);
    }
  }

  synchronized void remove(VolumeName volume) {
    try {
      Files.deleteIfExists(file(volume));
    } catch (IOException e) {
      throw new VolumeError(VolumeError.Code.FAILED, "cannot remove " + file(volume) + ": " + e, e);
    }
    entries.remove(volume);
  }

  private Path file(VolumeName volume) {
    return directory.resolve(volume.value() + SUFFIX);
  }
}
