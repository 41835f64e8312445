package io.doceph.host.process;

import static io.doceph.host.process.Scripts.pidIn;
import static io.doceph.host.process.Scripts.sh;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.doceph.host.process.CommandFailure.Kind;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How many may run at once. */
@Timeout(60)
class LimitsTest {

  private final Path dir;

  LimitsTest(@TempDir Path dir) {
    this.dir = dir;
  }

  private static Command ceph(String program, Duration within) {
    return Command.of(Scripts.SHELL, CommandClass.CEPH)
        .arg("-c", program)
        .deadline(Deadline.after(within));
  }

  @Test
  void aCommandWaitsForAPlaceNoLongerThanItsDeadlineAndOtherClassesDoNotWait() throws Exception {
    ProcessRunner runner =
        new ProcessRunner(RunLimits.defaults().with(CommandClass.CEPH, 1), RunListener.NONE);
    Path pid = dir.resolve("pid");
    Thread holder =
        Thread.ofPlatform()
            .start(
                () ->
                    runner.run(
                        ceph(
                            "echo $$ > %s; while [ ! -e %s/end ]; do sleep 0.02; done"
                                .formatted(pid, dir),
                            Duration.ofSeconds(40))));
    long running = pidIn(pid);

    CommandFailure refused =
        catchThrowableOfType(
            CommandFailure.class, () -> runner.run(ceph("exit 0", Duration.ofMillis(200))));
    CommandResult local = runner.run(sh("echo local"));

    assertThat(refused.kind()).isEqualTo(Kind.TOO_MANY);
    assertThat(refused).hasMessageContaining("1 other commands of class CEPH");
    assertThat(local.text()).isEqualTo("local\n");
    assertThat(runner.running())
        .singleElement()
        .satisfies(one -> assertThat(one.pid()).isEqualTo(running));

    assertThat(dir.resolve("end").toFile().createNewFile()).isTrue();
    holder.join();
    assertThat(runner.run(ceph("echo free", Duration.ofSeconds(20))).text()).isEqualTo("free\n");
    assertThat(runner.running()).isEmpty();
  }

  @Test
  void aWaitingCommandRunsWhenAPlaceComesFree() throws Exception {
    ProcessRunner runner =
        new ProcessRunner(RunLimits.defaults().with(CommandClass.CEPH, 1), RunListener.NONE);
    Path pid = dir.resolve("pid");
    Thread holder =
        Thread.ofPlatform()
            .start(
                () ->
                    runner.run(
                        ceph("echo $$ > %s; sleep 0.3".formatted(pid), Duration.ofSeconds(30))));
    pidIn(pid);

    CommandResult second = runner.run(ceph("echo second", Duration.ofSeconds(30)));

    assertThat(second.text()).isEqualTo("second\n");
    holder.join();
  }

  @Test
  void theWaitForAPlaceDoesNotCountAsTheCommandsOwnTime() throws Exception {
    ProcessRunner runner =
        new ProcessRunner(RunLimits.defaults().with(CommandClass.CEPH, 1), RunListener.NONE);
    Path pid = dir.resolve("pid");
    Thread holder =
        Thread.ofPlatform()
            .start(
                () ->
                    runner.run(
                        ceph("echo $$ > %s; sleep 1".formatted(pid), Duration.ofSeconds(30))));
    pidIn(pid);

    Command patient = ceph("sleep 0.2; echo second", Duration.ofSeconds(30));
    CommandResult second = runner.run(patient.time(Duration.ofMillis(700)));

    assertThat(second.text()).isEqualTo("second\n");
    holder.join();
    CommandFailure slow =
        catchThrowableOfType(
            CommandFailure.class,
            () ->
                runner.run(ceph("sleep 30", Duration.ofSeconds(30)).time(Duration.ofMillis(200))));
    assertThat(slow.kind()).isEqualTo(Kind.TIMEOUT);
  }

  @Test
  void whatIsNotWorthItAnyMoreIsNotStartedWhenItsTurnComes() {
    ProcessRunner runner =
        new ProcessRunner(RunLimits.defaults().with(CommandClass.CEPH, 1), RunListener.NONE);
    Path trace = dir.resolve("trace");

    assertThatThrownBy(
            () ->
                runner.run(
                    ceph("echo > " + trace, Duration.ofSeconds(20)),
                    () -> {
                      throw new IllegalStateException("in vain");
                    }))
        .hasMessage("in vain");

    assertThat(trace).doesNotExist();
    assertThat(runner.running()).isEmpty();
    assertThat(runner.run(ceph("echo free", Duration.ofSeconds(20))).text()).isEqualTo("free\n");
  }

  @Test
  void anInterruptEndsTheWait() throws Exception {
    ProcessRunner runner =
        new ProcessRunner(RunLimits.defaults().with(CommandClass.CEPH, 1), RunListener.NONE);
    Path pid = dir.resolve("pid");
    Thread holder =
        Thread.ofPlatform()
            .start(
                () ->
                    assertThatThrownBy(
                            () ->
                                runner.run(
                                    ceph(
                                        "echo $$ > %s; exec sleep 100".formatted(pid),
                                        Duration.ofSeconds(30))))
                        .isInstanceOf(CommandFailure.class));
    pidIn(pid);
    CompletableFuture<CommandFailure> seen = new CompletableFuture<>();
    Thread waiter =
        Thread.ofPlatform()
            .start(
                () ->
                    seen.complete(
                        catchThrowableOfType(
                            CommandFailure.class,
                            () -> runner.run(ceph("exit 0", Duration.ofSeconds(30))))));

    waiter.interrupt();
    waiter.join();
    holder.interrupt();
    holder.join();

    assertThat(seen.join().kind()).isEqualTo(Kind.INTERRUPTED);
    assertThat(runner.run(ceph("echo free", Duration.ofSeconds(20))).text()).isEqualTo("free\n");
  }

  @Test
  void everyClassHasALimit() {
    assertThatThrownBy(() -> new RunLimits(Map.of(CommandClass.LOCAL, 3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least 1");
    assertThatThrownBy(() -> RunLimits.defaults().with(CommandClass.FORMAT, 0))
        .hasMessage("the limit of commands of class FORMAT must be at least 1, not 0");
  }
}
