package io.doceph.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** This host's name as the kernel has it; no name server is asked. */
final class HostName {
  private HostName() {}

  static String read() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    } catch (IOException e) {
      return "localhost";
    }
  }
}
