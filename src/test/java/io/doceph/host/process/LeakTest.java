package io.doceph.host.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Ten thousand runs leave nothing behind. */
@Timeout(300)
class LeakTest {

  private static final int RUNS = 10_000;

  /**
   * Threads and descriptors that the JDK itself may make meanwhile: compiler threads, the reaper's
   * spare ones.
   */
  private static final int SLACK = 6;

  private final ProcessRunner runner = Scripts.runner();

  @Test
  void noDescriptorNoThreadAndNoZombieIsLeftBehind() throws Exception {
    Command good = Command.of(Path.of("/bin/true"), CommandClass.LOCAL);
    Command bad = Command.of(Path.of("/bin/false"), CommandClass.LOCAL);
    Command none = Command.of(Path.of("/nothing/here"), CommandClass.LOCAL);
    runMixed(good, bad, none, 100);
    long descriptors = count("/proc/self/fd");
    long threads = count("/proc/self/task");

    long started = System.nanoTime();
    runMixed(good, bad, none, RUNS);
    Duration each = Duration.ofNanos((System.nanoTime() - started) / RUNS);

    System.out.printf("%d runs, %.2f ms each%n", RUNS, each.toNanos() / 1e6);
    assertThat(count("/proc/self/fd")).isLessThanOrEqualTo(descriptors + SLACK);
    assertThat(count("/proc/self/task")).isLessThanOrEqualTo(threads + SLACK);
    assertThat(childrenOfOurs()).as("children, zombies included").isZero();
    assertThat(runner.running()).isEmpty();
  }

  private void runMixed(Command good, Command bad, Command none, int runs) {
    for (int i = 0; i < runs; i++) {
      switch (i % 100) {
        case 10 -> assertThatThrownBy(() -> runner.run(bad)).isInstanceOf(CommandFailure.class);
        case 20 -> assertThatThrownBy(() -> runner.run(none)).isInstanceOf(CommandFailure.class);
        default -> assertThat(runner.run(good).exitCode()).isZero();
      }
    }
  }

  private static long count(String directory) throws IOException {
    long count = 0;
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(Path.of(directory))) {
      for (Path ignored : entries) {
        count++;
      }
    }
    return count;
  }

  private static long childrenOfOurs() throws IOException {
    long ourselves = ProcessHandle.current().pid();
    long count = 0;
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path entry : entries) {
        long pid = Long.parseLong(String.valueOf(entry.getFileName()));
        if (ProcStat.of(pid).filter(stat -> stat.parent() == ourselves).isPresent()) {
          count++;
        }
      }
    }
    return count;
  }
}
