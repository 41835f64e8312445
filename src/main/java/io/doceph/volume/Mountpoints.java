package io.doceph.volume;

import io.doceph.host.Immutable;
import io.doceph.host.MountEntry;
import io.doceph.host.MountTable;
import io.doceph.host.process.Deadline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/**
 * The directories that block volumes are mounted on. While nothing is mounted nobody can write to
 * them, not even root: a container that is started on one by mistake fails instead of filling the
 * host's disk.
 */
final class Mountpoints {
  private final Path root;
  private final Immutable immutable;

  Mountpoints(Path root, Immutable immutable) {
    this.root = root;
    this.immutable = immutable;
  }

  Path of(VolumeName name) {
    return root.resolve(name.value());
  }

  /** Makes the mountpoint if needed; it is unwritable before anything is mounted on it. */
  Path prepare(VolumeName name, Deadline deadline) {
    Path mountpoint = of(name);
    if (MountTable.at(mountpoint).isPresent()) {
      return mountpoint;
    }
    try {
      if (!Files.isDirectory(mountpoint)) {
        Files.createDirectories(
            root,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.createDirectory(
            mountpoint,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("---------")));
      }
      if (isWritable(mountpoint)) {
        immutable.set(mountpoint, true, deadline);
      }
    } catch (IOException e) {
      throw Failures.ofFile("cannot make the mountpoint " + mountpoint, e);
    }
    return mountpoint;
  }

  /** Tried, because mode bits do not stop root. */
  private static boolean isWritable(Path directory) {
    Path probe = directory.resolve(".doceph-probe");
    try {
      Files.createFile(probe);
      Files.delete(probe);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Removes the mountpoint of a volume that is gone. */
  void remove(VolumeName name, Deadline deadline) {
    Path mountpoint = of(name);
    if (!Files.isDirectory(mountpoint) || MountTable.at(mountpoint).isPresent()) {
      return;
    }
    immutable.set(mountpoint, false, deadline);
    try {
      Files.deleteIfExists(mountpoint);
    } catch (IOException e) {
      throw Failures.ofFile("cannot remove the mountpoint " + mountpoint, e);
    }
  }

  /** What the kernel has mounted for a volume. */
  Optional<MountEntry> mounted(VolumeName name) {
    return MountTable.at(of(name));
  }
}
