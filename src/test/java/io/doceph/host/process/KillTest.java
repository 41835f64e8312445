package io.doceph.host.process;

import static io.doceph.host.process.Scripts.alive;
import static io.doceph.host.process.Scripts.pidIn;
import static io.doceph.host.process.Scripts.runner;
import static io.doceph.host.process.Scripts.sh;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.doceph.host.process.CommandFailure.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Commands that do not end by themselves, and what they leave behind. */
@Timeout(60)
class KillTest {

  private static final Duration SHORT = Duration.ofMillis(300);

  /** SHORT, the grace, and the wait after SIGKILL, with room for a busy machine. */
  private static final Duration BOUND = Duration.ofSeconds(12);

  private final ProcessRunner runner = runner();
  private final Path dir;

  KillTest(@TempDir Path dir) {
    this.dir = dir;
  }

  private CommandFailure failure(Command command) {
    long started = System.nanoTime();
    CommandFailure failure = catchThrowableOfType(CommandFailure.class, () -> runner.run(command));
    assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(BOUND);
    assertThat(runner.running()).isEmpty();
    return failure;
  }

  @Test
  void aChildThatHangsIsKilledAtItsDeadline() {
    CommandFailure failure = failure(sh("echo waiting >&2; exec sleep 1000", SHORT));

    assertThat(failure.kind()).isEqualTo(Kind.TIMEOUT);
    assertThat(failure.duration()).isGreaterThan(SHORT.dividedBy(2));
    assertThat(failure)
        .hasMessageContaining("did not end within 0.")
        .hasMessageEndingWith(": waiting");
    assertThat(alive(failure.pid())).isFalse();
    assertThat(failure.ended()).isCompleted();
  }

  @Test
  void aChildThatIgnoresSigtermIsKilledAllTheSame() {
    CommandFailure failure = failure(sh("trap '' TERM; while :; do sleep 0.05; done", SHORT));

    assertThat(failure.kind()).isEqualTo(Kind.TIMEOUT);
    assertThat(alive(failure.pid())).isFalse();
  }

  @Test
  void aChildMayTidyUpAndSpeakWhenItIsAskedToEnd() {
    String program =
        "trap 'head -c 300000 /dev/zero >&2; echo bye >&2; exit 3' TERM; while :; do sleep 0.02; done";

    CommandFailure failure = failure(sh(program, SHORT));

    assertThat(failure.kind()).isEqualTo(Kind.TIMEOUT);
    assertThat(failure.stderr()).endsWith("bye\n");
  }

  @Test
  void aStoppedChildIsKilled() {
    CommandFailure failure = failure(sh("kill -STOP $$", SHORT));

    assertThat(failure.kind()).isEqualTo(Kind.TIMEOUT);
    assertThat(alive(failure.pid())).isFalse();
  }

  @Test
  void aChildThatWritesForEverIsKilledAtItsDeadline() {
    CommandFailure failure = failure(sh("exec yes >&2", SHORT));

    assertThat(failure.kind()).isEqualTo(Kind.TIMEOUT);
    assertThat(alive(failure.pid())).isFalse();
  }

  @Test
  void allOfTheTreeIsKilledEvenOnesInASessionOfTheirOwnWhoseParentIsGone() throws Exception {
    Path pid = dir.resolve("pid");
    String daemon = "trap \"\" TERM HUP; echo $$ > %s; while :; do sleep 0.05; done".formatted(pid);

    // sh starts setsid starts sh, and setsid's parent leaves: nobody's child, and holding both
    // pipes.
    CommandFailure failure =
        failure(sh("(setsid sh -c '%s' &) ; sleep 1000".formatted(daemon), Duration.ofSeconds(1)));

    assertThat(failure.kind()).isEqualTo(Kind.TIMEOUT);
    assertThat(alive(pidIn(pid))).isFalse();
  }

  @Test
  void aGrandchildThatHoldsThePipesDoesNotMatterAndIsLeftAlone() throws Exception {
    Path pid = dir.resolve("pid");

    CommandResult result = runner.run(sh("sleep 1000 & echo $! > %s; echo out".formatted(pid)));

    long daemon = pidIn(pid);
    try {
      assertThat(result.text()).isEqualTo("out\n");
      assertThat(result.duration()).isLessThan(BOUND);
      assertThat(alive(daemon)).isTrue();
    } finally {
      ProcessHandle.of(daemon).ifPresent(ProcessHandle::destroyForcibly);
    }
  }

  @Test
  void aGrandchildThatFloodsThePipesCannotKeepUs() throws Exception {
    // It goes on writing after its parent's end, as fast as it can, until we close the pipes.
    Path pid = dir.resolve("pid");
    for (int i = 0; i < 20; i++) {
      Files.deleteIfExists(pid);

      CommandResult result = runner.run(sh("yes >&2 & echo $! > %s; echo out".formatted(pid)));

      long flooder = pidIn(pid);
      assertThat(result.text()).isEqualTo("out\n");
      assertThat(result.duration()).isLessThan(BOUND);
      awaitEnd(flooder);
    }
  }

  @Test
  void whatAFailedCommandLeavesRunningIsKilled() throws Exception {
    Path pid = dir.resolve("pid");

    CommandFailure failure = failure(sh("sleep 1000 & echo $! > %s; exit 5".formatted(pid)));

    assertThat(failure.kind()).isEqualTo(Kind.EXIT);
    assertThat(failure.exitCode()).isEqualTo(5);
    assertThat(alive(pidIn(pid))).isFalse();
  }

  @Test
  void anInterruptEndsTheCommandAndIsKept() throws Exception {
    Path pid = dir.resolve("pid");
    CompletableFuture<CommandFailure> seen = new CompletableFuture<>();
    CompletableFuture<Boolean> flag = new CompletableFuture<>();
    Thread caller =
        Thread.ofPlatform()
            .start(
                () -> {
                  seen.complete(failure(sh("echo $$ > %s; exec sleep 1000".formatted(pid))));
                  flag.complete(Thread.currentThread().isInterrupted());
                });
    long child = pidIn(pid);

    caller.interrupt();
    caller.join();

    assertThat(seen.join().kind()).isEqualTo(Kind.INTERRUPTED);
    assertThat(flag.join()).isTrue();
    assertThat(alive(child)).isFalse();
  }

  @Test
  void otherCommandsAreNotTouched() throws Exception {
    Path pid = dir.resolve("pid");
    Thread other =
        Thread.ofPlatform()
            .start(
                () -> {
                  String program = "echo $$ > %s; sleep 3; touch %s/done".formatted(pid, dir);
                  assertThat(runner.run(sh(program)).exitCode()).isZero();
                });
    long bystander = pidIn(pid);

    assertThatThrownBy(() -> runner.run(sh("sleep 1000", SHORT)))
        .isInstanceOf(CommandFailure.class);

    assertThat(alive(bystander)).isTrue();
    other.join();
    assertThat(dir.resolve("done")).exists();
  }

  private static void awaitEnd(long pid) throws InterruptedException {
    long end = System.nanoTime() + BOUND.toNanos();
    while (alive(pid) && System.nanoTime() < end) {
      Thread.sleep(5);
    }
    assertThat(alive(pid)).as("process %d is alive", pid).isFalse();
  }
}
