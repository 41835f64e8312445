package io.doceph.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/**
 * Files that shall become others. Their names tell which boot and which process made them, so that
 * a sweep knows whether anyone still works on them.
 */
final class TemporaryFiles {

  private static final String PREFIX = ".doceph-tmp-";
  private static final int BOOT_LENGTH = 8;

  /** No write takes so long, and clocks of hosts that share a directory do not differ so much. */
  private static final Duration FOREIGN_AGE = Duration.ofHours(1);

  private TemporaryFiles() {}

  /** A new empty file of mode 0600. */
  static Path create(Path directory) throws IOException {
    return Files.createTempFile(directory, ourPrefix(), ".tmp");
  }

  static void sweep(Path directory) {
    String boot = bootPrefix();
    String ours = ourPrefix();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, PREFIX + "*")) {
      for (Path file : files) {
        String name = String.valueOf(file.getFileName());
        boolean deadProcess =
            name.startsWith(boot) && !name.startsWith(ours) && !isAlive(name, boot.length());
        if (deadProcess || (!name.startsWith(boot) && isOld(file))) {
          Files.deleteIfExists(file);
        }
      }
    } catch (NoSuchFileException e) {
      // No directory, nothing left behind.
      return;
    } catch (IOException e) {
      throw new UncheckedIOException(
          "left-over files in %s cannot be removed: %s".formatted(directory, e), e);
    }
  }

  /** Whether the process that made the file still runs: two daemons may share a directory. */
  private static boolean isAlive(String name, int pidAt) {
    int end = name.indexOf('-', pidAt);
    try {
      return end > pidAt
          && ProcessHandle.of(Long.parseLong(name.substring(pidAt, end))).isPresent();
    } catch (NumberFormatException e) {
      return false;
    }
  }

  private static boolean isOld(Path file) throws IOException {
    return Files.getLastModifiedTime(file).toInstant().isBefore(Instant.now().minus(FOREIGN_AGE));
  }

  private static String bootPrefix() {
    return PREFIX + BootId.read().substring(0, BOOT_LENGTH) + "-";
  }

  /** With the start time: in a container the daemon has the same pid each time. */
  private static String ourPrefix() {
    ProcessHandle self = ProcessHandle.current();
    long started = self.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
    return bootPrefix() + self.pid() + "-" + started + "-";
  }
}
