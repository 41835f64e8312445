package io.doceph.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The kernel's name for the time since the last boot. */
public final class BootId {

  private static final Path FILE = Path.of("/proc/sys/kernel/random/boot_id");

  private BootId() {}

  /** The id of this boot: 36 characters that are never the same after a reboot. */
  public static String read() {
    try {
      return Files.readString(FILE).strip();
    } catch (IOException e) {
      throw new HostException("%s cannot be read; doceph needs /proc mounted".formatted(FILE), e);
    }
  }
}
