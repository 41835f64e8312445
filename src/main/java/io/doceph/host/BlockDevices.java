package io.doceph.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/** What sysfs tells of block devices. It is never asked of the device itself, which may hang. */
public final class BlockDevices {

  private static final Path BLOCK = Path.of("/sys/class/block");

  /** sysfs counts in these, whatever the device's own sector size. */
  private static final int SECTOR = 512;

  private BlockDevices() {}

  /** The device number such as {@code 7:0}; empty when there is no such block device. */
  public static Optional<String> majorMinor(Path device) {
    return attribute(device, "dev");
  }

  /** The size in bytes; empty when there is no such block device. */
  public static OptionalLong sizeBytes(Path device) {
    Optional<String> sectors = attribute(device, "size");
    return sectors.isPresent()
        ? OptionalLong.of(Long.parseLong(sectors.get()) * SECTOR)
        : OptionalLong.empty();
  }

  /**
   * An attribute such as {@code loop/dio}; empty when the device or the attribute does not exist
   * (now).
   */
  static Optional<String> attribute(Path device, String name) {
    try {
      return Optional.of(
          stripNewline(Files.readString(BLOCK.resolve(kernelName(device)).resolve(name))));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static String stripNewline(String text) {
    return text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
  }

  /** {@code /dev/mapper/x} and {@code /dev/rbd/pool/image} are links to the kernel's own name. */
  private static String kernelName(Path device) throws IOException {
    Path real = Files.isSymbolicLink(device) ? device.toRealPath() : device;
    return String.valueOf(real.getFileName());
  }
}
