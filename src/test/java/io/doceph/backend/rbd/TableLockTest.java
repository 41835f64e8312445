package io.doceph.backend.rbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.doceph.volume.VolumeName;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The lock between threads, and between processes: the other one is a Java of its own. */
@Timeout(60)
class TableLockTest {
  private static final int PUTS = 30;

  private final Path dir;

  TableLockTest(@TempDir Path dir) {
    this.dir = dir;
  }

  /** The other process: holds a lock until its input ends, or puts entries. */
  static final class Other {
    private Other() {}

    public static void main(String[] args) throws Exception {
      if (args.length == 1) {
        try (TableLock _ = TableLock.take(Path.of(args[0]), Duration.ofSeconds(5))) {
          say("held");
          System.in.read();
        }
      } else {
        say("starting");
        put(Path.of(args[0]), Path.of(args[1]), "theirs-");
      }
    }

    private static void say(String word) {
      System.out.println(word);
      System.out.flush();
    }
  }

  private static void put(Path rbdmap, Path fstab, String prefix) {
    HostTables tables = new HostTables(rbdmap, fstab);
    for (int i = 0; i < PUTS; i++) {
      String name = prefix + i;
      tables.put(
          new HostTables.Entry(
              new VolumeName(name),
              "volumes",
              "",
              name,
              "docker",
              Path.of("/k"),
              "xfs",
              Path.of("/mnt", name)));
    }
  }

  private static Process start(Path... args) throws Exception {
    String classes =
        String.join(
            File.pathSeparator,
            Path.of(HostTables.class.getProtectionDomain().getCodeSource().getLocation().toURI())
                .toString(),
            Path.of(Other.class.getProtectionDomain().getCodeSource().getLocation().toURI())
                .toString());
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            classes,
            Other.class.getName());
    List.of(args).forEach(arg -> builder.command().add(arg.toString()));
    Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    assertThat(process.inputReader().readLine()).isIn("held", "starting");
    return process;
  }

  @Test
  void anotherProcessKeepsUsOutUntilItEnds() throws Exception {
    Path lock = dir.resolve(".lock");
    Process other = start(lock);
    try {
      assertThatThrownBy(() -> TableLock.take(lock, Duration.ofMillis(100)))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("another doceph has held the lock file " + lock);
    } finally {
      other.destroyForcibly();
    }

    TableLock.take(lock, Duration.ofSeconds(10)).close();
  }

  @Test
  void twoDaemonsKeepEachOthersEntries() throws Exception {
    Path rbdmap = dir.resolve("rbdmap");
    Path fstab = dir.resolve("fstab");
    Process other = start(rbdmap, fstab);

    put(rbdmap, fstab, "ours-");

    assertThat(other.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(other.exitValue()).isZero();
    assertThat(Files.readAllLines(rbdmap)).hasSize(4 * PUTS).doesNotHaveDuplicates();
    assertThat(Files.readAllLines(fstab)).hasSize(4 * PUTS).doesNotHaveDuplicates();
  }

  @Test
  void aLockThatIsNotFreeInTimeIsSaidAndFreeAfterwards() throws Exception {
    Path lock = dir.resolve(".lock");
    Duration patience = Duration.ofMillis(50);
    try (ExecutorService other = Executors.newSingleThreadExecutor()) {
      TableLock theirs = other.submit(() -> TableLock.take(lock, patience)).get();

      assertThatThrownBy(() -> TableLock.take(lock, patience))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("has been changing it");

      other
          .submit(
              () -> {
                theirs.close();
                return null;
              })
          .get();
    }
    TableLock.take(lock, patience).close();
  }
}
