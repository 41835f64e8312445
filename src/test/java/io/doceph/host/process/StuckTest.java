package io.doceph.host.process;

import static io.doceph.host.process.Scripts.sh;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.doceph.host.process.CommandFailure.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A command that even SIGKILL does not end. It is a real one: who writes to a frozen file system
 * sleeps in the kernel, uninterruptible, until it is thawed; as with a dead disk or cluster.
 */
@Timeout(90)
class StuckTest {

  private final ProcessRunner runner =
      new ProcessRunner(RunLimits.defaults().with(CommandClass.CEPH, 1), RunListener.NONE);
  private final Path mount;
  private final Path image;

  StuckTest(@TempDir Path dir) throws Exception {
    this.mount = Files.createDirectory(dir.resolve("mount"));
    this.image = dir.resolve("image");
  }

  @BeforeEach
  void freezeAFilesystem() {
    assumeTrue(
        "root".equals(System.getProperty("user.name")),
        "needs root to mount and freeze a file system");
    runner.run(sh("truncate -s 16M '%s' && mkfs.ext4 -q '%s'".formatted(image, image)));
    runner.run(sh("mount -o loop '%s' '%s'".formatted(image, mount)));
    runner.run(sh("fsfreeze -f '%s'".formatted(mount)));
  }

  @AfterEach
  void thaw() {
    // Also when a test has thawed it already, or when nothing was mounted.
    runner.run(sh("fsfreeze -u '%s'; umount '%s'; true".formatted(mount, mount)));
  }

  private Command stuck(String program) {
    return Command.of(Scripts.SHELL, CommandClass.CEPH)
        .arg("-c", program)
        .deadline(Deadline.after(Duration.ofMillis(500)));
  }

  private CommandFailure failure(Command command) {
    return catchThrowableOfType(CommandFailure.class, () -> runner.run(command));
  }

  @Test
  void anUnkillableCommandIsGivenUpOnAndKeepsItsPlaceUntilItEnds() throws Exception {
    CommandFailure stuck = failure(stuck("echo hangs >&2; echo x > '%s/file'".formatted(mount)));

    assertThat(stuck.kind()).isEqualTo(Kind.STUCK);
    assertThat(stuck)
        .hasMessageContaining(
            "process %d (state D) still hangs in the kernel".formatted(stuck.pid()))
        .hasMessageEndingWith(": hangs");
    assertThat(stuck.ended()).isNotDone();
    assertThat(runner.running())
        .singleElement()
        .satisfies(
            one -> {
              assertThat(one.pid()).isEqualTo(stuck.pid());
              assertThat(one.stuck()).isTrue();
            });

    // Its class has no place left; the others go on.
    assertThat(failure(stuck("exit 0")).kind()).isEqualTo(Kind.TOO_MANY);
    assertThat(runner.run(sh("echo local")).text()).isEqualTo("local\n");

    runner.run(sh("fsfreeze -u '%s'".formatted(mount)));
    stuck.ended().get(30, TimeUnit.SECONDS);
    assertThat(Scripts.alive(stuck.pid())).isFalse();
    assertThat(
            runner.run(stuck("echo free").deadline(Deadline.after(Duration.ofSeconds(20)))).text())
        .isEqualTo("free\n");
    assertThat(runner.running()).isEmpty();
  }

  @Test
  void aStuckGrandchildOfADeadChildCountsAsWell() throws Exception {
    CommandFailure stuck = failure(stuck("(echo x > '%s/file') & exit 32".formatted(mount)));

    assertThat(stuck.kind()).isEqualTo(Kind.STUCK);
    assertThat(stuck).hasMessageContaining("left others running");
    assertThat(stuck.ended()).isNotDone();

    runner.run(sh("fsfreeze -u '%s'".formatted(mount)));
    stuck.ended().get(30, TimeUnit.SECONDS);
  }
}
