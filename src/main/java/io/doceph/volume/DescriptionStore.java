package io.doceph.volume;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.host.DamagedStateException;
import io.doceph.host.StateFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Descriptions of volumes beside their data: one checksummed JSON file a volume in a directory that
 * several hosts may share. Files that have not changed since the last listing are not read again.
 */
public final class DescriptionStore {
  private static final String SUFFIX = ".json";

  private record Seen(long modified, long size, Object key, Found found) {}

  private final Path directory;
  private final Map<VolumeName, Seen> lastListing = new HashMap<>();
  private final AtomicBoolean swept = new AtomicBoolean();

  /** A store in a directory that is made when the first volume is. */
  public DescriptionStore(Path directory) {
    this.directory = directory;
  }

  /** Makes the directory if needed, and the first time removes what a killed daemon left in it. */
  public void prepare() {
    try {
      // Nobody else on the host has business among the volumes: containers do not pass here.
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      if (!swept.getAndSet(true)) {
        StateFile.sweep(directory);
      }
    } catch (IOException e) {
      throw Failures.ofFile("cannot make the directory " + directory, e);
    }
  }

  /** Writes the first description of a volume; false when there is one. */
  public boolean create(Volume volume) {
    return StateFile.createNew(file(volume.name()), VolumeJson.write(volume));
  }

  /** Replaces a description in one step. */
  public void replace(Volume volume) {
    StateFile.write(file(volume.name()), VolumeJson.write(volume));
  }

  /** Removes a description; none is success. */
  public void remove(VolumeName name) {
    try {
      Files.deleteIfExists(file(name));
    } catch (IOException e) {
      throw Failures.ofFile("cannot remove the description of volume " + name, e);
    }
  }

  /** The volume of that name. */
  public Optional<Found> find(VolumeName name) {
    return read(name);
  }

  /** All volumes; a damaged one is listed with what is wrong. */
  public synchronized List<Found> list() {
    List<Found> all = new ArrayList<>();
    Map<VolumeName, Seen> listing = new HashMap<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
      for (Path file : files) {
        nameOf(file)
            .flatMap(name -> see(name, file))
            .ifPresent(s -> listing.put(s.found().name(), s));
      }
    } catch (NoSuchFileException e) {
      if (lastListing.isEmpty()) {
        return List.of();
      }
      throw new VolumeError(
          VolumeError.Code.UNAVAILABLE,
          directory + " has vanished with the volumes in it; mount the share that holds it again",
          e);
    } catch (IOException e) {
      throw new VolumeError(
          VolumeError.Code.UNAVAILABLE, "cannot list " + directory + ": " + e.getMessage(), e);
    }
    listing.values().forEach(s -> all.add(s.found()));
    lastListing.clear();
    lastListing.putAll(listing);
    return all;
  }

  private Optional<Seen> see(VolumeName name, Path file) {
    try {
      var attributes = Files.readAttributes(file, BasicFileAttributes.class);
      long modified = attributes.lastModifiedTime().toMillis();
      Object key = String.valueOf(attributes.fileKey());
      Seen known = lastListing.get(name);
      if (known != null
          && known.modified() == modified
          && known.size() == attributes.size()
          && known.key().equals(key)) {
        return Optional.of(known);
      }
      return read(name).map(found -> new Seen(modified, attributes.size(), key, found));
    } catch (NoSuchFileException e) {
      return Optional.empty(); // removed by another host meanwhile
    } catch (IOException | UncheckedIOException e) {
      return Optional.of(
          new Seen(
              0, 0, "", Found.damaged(name, "its description cannot be read: " + e.getMessage())));
    }
  }

  private Optional<Found> read(VolumeName name) {
    try {
      Optional<ObjectNode> json = StateFile.read(file(name));
      return json.map(j -> Found.of(VolumeJson.read(j))).map(found -> requireNamed(name, found));
    } catch (DamagedStateException | IllegalArgumentException | VolumeError e) {
      return Optional.of(Found.damaged(name, "its description is damaged: " + e.getMessage()));
    }
  }

  /** A copied or renamed file would make two names of one volume's data. */
  private static Found requireNamed(VolumeName name, Found found) {
    if (!found.name().equals(name)) {
      throw new IllegalArgumentException("it is that of volume " + found.name());
    }
    return found;
  }

  private static Optional<VolumeName> nameOf(Path file) {
    String text = String.valueOf(file.getFileName());
    try {
      return Optional.of(new VolumeName(text.substring(0, text.length() - SUFFIX.length())));
    } catch (VolumeError e) {
      return Optional.empty(); // not ours
    }
  }

  private Path file(VolumeName name) {
    return directory.resolve(name.value() + SUFFIX);
  }
}
