package io.doceph.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.*;

public final class BootId {
  private BootId() {}

  public static String read() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
