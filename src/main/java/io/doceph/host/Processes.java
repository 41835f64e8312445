package io.doceph.host;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What {@code /proc} tells of the processes that we may see. */
final class Processes {

  private static final Path PROC = Path.of("/proc");

  private static final long INIT = 1;
  private static final long KERNEL_THREADS = 2;

  private Processes() {}

  static List<Long> all() {
    List<Long> pids = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(PROC, "[0-9]*")) {
      entries.forEach(entry -> pids.add(Long.parseLong(String.valueOf(entry.getFileName()))));
      return pids;
    } catch (IOException | DirectoryIteratorException e) {
      throw new HostException("/proc cannot be read; doceph needs it mounted", e);
    }
  }

  /** The name of its mount namespace; empty when it has ended or is not ours to look at. */
  static Optional<String> mountNamespace(long pid) {
    return namespace(Long.toString(pid));
  }

  static Optional<String> ownMountNamespace() {
    return namespace("self");
  }

  /**
   * The one of the first process; or, where that one must not be looked at (the kernel may forbid
   * it even to a root with fewer capabilities), that of the kernel's own threads. Empty when
   * neither can be seen.
   */
  static Optional<String> hostMountNamespace() {
    return mountNamespace(INIT)
        .or(
            () ->
                command(KERNEL_THREADS)
                    .filter("kthreadd"::equals)
                    .flatMap(name -> mountNamespace(KERNEL_THREADS)));
  }

  static boolean isRoot() {
    try {
      return Integer.valueOf(0).equals(Files.getAttribute(PROC.resolve("self"), "unix:uid"));
    } catch (IOException e) {
      return false;
    }
  }

  /** Its name, at most 15 characters; empty when it has ended. */
  static Optional<String> command(long pid) {
    try {
      return Optional.of(
          Files.readString(PROC.resolve(Long.toString(pid)).resolve("comm")).strip());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static Optional<String> namespace(String process) {
    try {
      return Optional.of(
          Files.readSymbolicLink(PROC.resolve(process).resolve("ns/mnt")).toString());
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
