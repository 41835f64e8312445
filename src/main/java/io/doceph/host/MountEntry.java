package io.doceph.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * One line of {@code /proc/PID/mountinfo}.
 *
 * @param id the mount's number in its namespace
 * @param majorMinor the device number of its files, such as {@code 7:0}; btrfs has one of its own,
 *     {@code 0:41}
 * @param root what of the file system is mounted, {@code /} unless it is a bind mount or a
 *     subvolume
 * @param mountPoint where
 * @param fsType such as {@code ext4}
 * @param source such as {@code /dev/loop0}
 * @param options of this mount
 * @param superOptions of the file system, the same for all its mounts
 * @param shared whether mounts below it are seen in other namespaces
 * @param slave whether mounts below it come from another namespace
 */
public record MountEntry(
    int id,
    String majorMinor,
    String root,
    Path mountPoint,
    String fsType,
    String source,
    List<String> options,
    List<String> superOptions,
    boolean shared,
    boolean slave) {

  /** Copies the lists. */
  public MountEntry {
    options = List.copyOf(options);
    superOptions = List.copyOf(superOptions);
  }

  /** Whether nothing can be written through it: it, or the whole file system, is read-only. */
  public boolean readOnly() {
    return options.contains("ro") || superOptions.contains("ro");
  }

  /**
   * Whether what is mounted is on the given block device. Asks only the kernel's tables, never the
   * device, so that it answers although the device hangs.
   */
  public boolean isOn(Path device) {
    if (!majorMinor.startsWith("0:")) {
      return BlockDevices.majorMinor(device).filter(majorMinor::equals).isPresent();
    }
    // btrfs: an anonymous number; what is left is the name of the (first) device.
    return source.startsWith("/dev/") && realPath(Path.of(source)).equals(realPath(device));
  }

  private static Path realPath(Path path) {
    try {
      return Files.exists(path) ? path.toRealPath() : path;
    } catch (IOException e) {
      return path;
    }
  }
}
