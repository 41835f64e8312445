package io.doceph.volume;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.host.DamagedStateException;
import io.doceph.host.StateFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What is mounted on this host and for whom: one checksummed file a volume under the run directory,
 * written before an answer goes out, void after a reboot. The kernel's own table wins over it (see
 * {@link Recovery}).
 */
final class MountRegistry {
  private static final String SUFFIX = ".json";

  private final Path directory;
  private final Path epochFile;
  private final String bootId;
  private final ConcurrentMap<VolumeName, MountRecord> records = new ConcurrentHashMap<>();
  private final AtomicLong epoch = new AtomicLong();
  private final AtomicLong changes = new AtomicLong();
  private final List<String> problems = new ArrayList<>();

  private MountRegistry(Path runDir, String bootId) {
    this.directory = runDir.resolve("mounts");
    this.epochFile = runDir.resolve("epoch.json");
    this.bootId = bootId;
  }

  /** Loads what an earlier daemon of this boot left; anything older is thrown away. */
  static MountRegistry open(Path runDir, String bootId) {
    MountRegistry registry = new MountRegistry(runDir, bootId);
    try {
      Files.createDirectories(registry.directory);
      StateFile.sweep(registry.directory);
      try (DirectoryStream<Path> files =
          Files.newDirectoryStream(registry.directory, "*" + SUFFIX)) {
        for (Path file : files) {
          registry.load(file);
        }
      }
      registry.loadEpoch();
    } catch (IOException e) {
      throw Failures.ofFile("cannot read the mount registry in " + runDir, e);
    }
    return registry;
  }

  private void load(Path file) throws IOException {
    try {
      Optional<ObjectNode> json = StateFile.read(file);
      if (json.isEmpty() || !bootId.equals(json.get().path("bootId").asText())) {
        Files.deleteIfExists(file);
        return;
      }
      MountRecord record = MountRecord.fromJson(json.get());
      records.put(record.volume(), record);
      record.holders().values().forEach(h -> epoch.accumulateAndGet(h.epoch(), Math::max));
    } catch (DamagedStateException
        | UncheckedIOException
        | DateTimeException
        | IllegalArgumentException
        | VolumeError e) {
      // The kernel's table still shows the mount; recovery makes a new record from it.
      problems.add(
          "the mount registry's "
              + file.getFileName()
              + " was damaged and has been set aside: "
              + e.getMessage());
      Files.move(
          file,
          file.resolveSibling(file.getFileName() + ".damaged"),
          StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private void loadEpoch() {
    try {
      StateFile.read(epochFile)
          .filter(json -> bootId.equals(json.path("bootId").asText()))
          .ifPresent(json -> epoch.accumulateAndGet(json.path("epoch").asLong(), Math::max));
    } catch (DamagedStateException | UncheckedIOException e) {
      problems.add(
          "the epoch of Docker was damaged and counts from its holders: " + e.getMessage());
    }
  }

  /** Goes up with every change. */
  long revision() {
    return changes.get();
  }

  /** The current life of dockerd on this host. */
  long epoch() {
    return epoch.get();
  }

  /** An Activate has come: a new dockerd. */
  synchronized void newEpoch() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("bootId", bootId);
    json.put("epoch", epoch.incrementAndGet());
    StateFile.write(epochFile, json);
  }

  Optional<MountRecord> get(VolumeName volume) {
    return Optional.ofNullable(records.get(volume));
  }

  Collection<MountRecord> all() {
    return List.copyOf(records.values());
  }

  int size() {
    return records.size();
  }

  /** What was found damaged at the start. */
  List<String> problems() {
    return List.copyOf(problems);
  }

  /** Writes a record down, then shows it. */
  void put(MountRecord record) {
    StateFile.write(file(record.volume()), record.toJson(bootId));
    records.put(record.volume(), record);
    changes.incrementAndGet();
  }

  /** Forgets a record. */
  void remove(VolumeName volume) {
    try {
      Files.deleteIfExists(file(volume));
    } catch (IOException e) {
      throw Failures.ofFile("cannot remove " + volume + " from the mount registry", e);
    }
    records.remove(volume);
    changes.incrementAndGet();
  }

  private Path file(VolumeName volume) {
    return directory.resolve(volume.value() + SUFFIX);
  }
}
