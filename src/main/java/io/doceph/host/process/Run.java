package io.doceph.host.process;

import static java.util.stream.Collectors.joining;

import io.doceph.host.process.CommandFailure.Facts;
import io.doceph.host.process.CommandFailure.Kind;
import java.io.InputStream;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One process of one command, from its start to its end. All on the caller's thread: nobody else
 * reads the pipes.
 */
final class Run {

  /** From SIGTERM to SIGKILL. */
  private static final Duration GRACE = Duration.ofSeconds(1);

  /** From SIGKILL to giving up. */
  private static final Duration GIVE_UP = Duration.ofSeconds(2);

  // The end of the process wakes us at once; these pauses only matter when a pipe is full or a
  // deadline near. Each look costs, and a cluster that hangs has many commands waited for.
  private static final long FIRST_PAUSE = TimeUnit.MICROSECONDS.toNanos(200);
  private static final long LONGEST_PAUSE = TimeUnit.MILLISECONDS.toNanos(50);

  private static final long FIRST_LOOK = TimeUnit.MILLISECONDS.toNanos(2);
  private static final long LONGEST_LOOK = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long LONGEST_STUCK_LOOK = TimeUnit.SECONDS.toNanos(1);

  /**
   * The exit code that the JDK reports when a signal ended the process: this plus the signal's
   * number.
   */
  private static final int SIGNALLED = 128;

  private static final int LAST_SIGNAL = 64;

  private static final CompletableFuture<@Nullable Void> ENDED =
      CompletableFuture.completedFuture(null);

  private final Command command;
  private final Process process;
  private final Deadline deadline;
  private final Pipes pipes;
  private final ProcessTree tree;
  private final long started = System.nanoTime();
  private volatile boolean stuck;
  private boolean interrupted;

  private enum End {
    EXITED,
    TIMEOUT,
    OUTPUT_LIMIT,
    INTERRUPTED
  }

  Run(Command command, Process process, String marker, Deadline deadline) {
    this.command = command;
    this.process = process;
    this.deadline = deadline;
    this.pipes = new Pipes(process, command.stdoutLimit());
    this.tree = new ProcessTree(process, Launch.MARKER + "=" + marker);
  }

  RunningCommand describe() {
    return new RunningCommand(
        process.pid(), command.toString(), command.commandClass(), age(), stuck);
  }

  /** Waits for the end, or brings it about. */
  CommandResult supervise() {
    InputStream out = process.getInputStream();
    InputStream err = process.getErrorStream();
    // The JDK's reaper thread, when the process has ended, reads both pipes until they are empty,
    // under the
    // stream's monitor. A grandchild that floods a pipe would keep it there for ever, with all of
    // it in memory.
    // Whoever holds the monitors keeps it waiting; by the time it comes the streams are closed.
    // (Should a later
    // JDK use another lock, only this protection is lost.)
    synchronized (out) {
      synchronized (err) {
        try {
          return finish(await());
        } finally {
          if (process.isAlive() && !stuck) {
            // Only when we fail ourselves, say for lack of memory.
            process.toHandle().destroyForcibly();
          }
          pipes.close();
        }
      }
    }
  }

  private End await() {
    long pause = FIRST_PAUSE;
    try {
      while (true) {
        boolean some = pipes.drain();
        if (pipes.overLimit()) {
          return End.OUTPUT_LIMIT;
        }
        pause = some ? FIRST_PAUSE : Math.min(pause * 2, LONGEST_PAUSE);
        long remaining = deadline.remainingNanos();
        if (process.waitFor(some ? 0 : Math.min(pause, remaining), TimeUnit.NANOSECONDS)) {
          return End.EXITED;
        }
        if (remaining == 0) {
          return End.TIMEOUT;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return End.INTERRUPTED;
    }
  }

  private CommandResult finish(End end) {
    if (end == End.EXITED) {
      pipes.drainRest();
      if (!pipes.overLimit() && command.accepts(process.exitValue())) {
        // What it left running stays: it is a daemon, such as rbd-nbd, that was meant to. Its end
        // of our pipes
        // is dead from now on.
        return new CommandResult(process.exitValue(), pipes.stdout(), stderr(), age());
      }
    }
    Duration age = age();
    // Also when it ended by itself, but badly: what it has left running is no daemon that anyone
    // wants.
    List<ProcStat> left = kill();
    pipes.drainRest();
    if (!left.isEmpty() || process.isAlive()) {
      stuck = true;
      throw failure(Kind.STUCK, stuckText(end, age, left), age, whenEnded(left));
    }
    throw failure(end, age);
  }

  /** Ends the process and all it started; gives those that do not end. */
  private List<ProcStat> kill() {
    interrupted = Thread.interrupted();
    try {
      List<ProcStat> left = kill(false, GRACE);
      return left.isEmpty() && !process.isAlive() ? left : kill(true, GIVE_UP);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private List<ProcStat> kill(boolean forcibly, Duration within) {
    Deadline until = Deadline.after(within);
    Set<Long> asked = new HashSet<>();
    long pause = FIRST_LOOK;
    while (true) {
      List<ProcStat> alive = tree.alive();
      if (until.expired() || (alive.isEmpty() && !process.isAlive())) {
        return alive;
      }
      for (ProcStat each : alive) {
        // Once is enough of a request: a second SIGTERM makes some tools give up their tidying.
        if (forcibly || asked.add(each.pid())) {
          ProcessTree.signal(each, forcibly);
        }
      }
      pause(Math.min(pause, until.remainingNanos()));
      pause = Math.min(2 * pause, LONGEST_LOOK);
    }
  }

  /** Waits, and goes on emptying the pipes: who wants to say a last word must not block on it. */
  private void pause(long nanos) {
    long until = System.nanoTime() + nanos;
    boolean wasAlive = process.isAlive();
    for (long left = nanos;
        left > 0 && wasAlive == process.isAlive();
        left = until - System.nanoTime()) {
      if (!pipes.drain()) {
        try {
          TimeUnit.NANOSECONDS.sleep(Math.min(left, FIRST_LOOK));
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
  }

  /**
   * Completes when none of them is left. A thread of its own may wait for it: there is one per
   * stuck command.
   */
  private CompletableFuture<@Nullable Void> whenEnded(List<ProcStat> left) {
    CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .name("doceph-stuck-" + process.pid())
        .start(
            () -> {
              long pause = FIRST_LOOK;
              while (process.isAlive() || left.stream().anyMatch(ProcStat::stillAlive)) {
                LockSupport.parkNanos(pause);
                pause = Math.min(2 * pause, LONGEST_STUCK_LOOK);
              }
              ended.complete(null);
            });
    return ended;
  }

  private CommandFailure failure(End end, Duration age) {
    return switch (end) {
      case TIMEOUT ->
          failure(
              Kind.TIMEOUT, "did not end within " + seconds(age) + " and was killed", age, ENDED);
      case OUTPUT_LIMIT ->
          failure(
              Kind.OUTPUT_LIMIT,
              "wrote more than the allowed %d bytes within %s"
                  .formatted(command.stdoutLimit(), seconds(age)),
              age,
              ENDED);
      case INTERRUPTED ->
          failure(
              Kind.INTERRUPTED,
              "was killed after " + seconds(age) + ": doceph stops waiting for it",
              age,
              ENDED);
      case EXITED -> exitFailure(process.exitValue(), age);
    };
  }

  private CommandFailure exitFailure(int exit, Duration age) {
    if (pipes.overLimit() && command.accepts(exit)) {
      return failure(End.OUTPUT_LIMIT, age);
    }
    // The JDK does not tell "exit 137" from "killed by signal 9"; no tool of ours uses such exit
    // codes.
    if (exit > SIGNALLED && exit <= SIGNALLED + LAST_SIGNAL) {
      return failure(
          Kind.SIGNAL,
          "ended by signal %d after %s".formatted(exit - SIGNALLED, seconds(age)),
          age,
          ENDED);
    }
    return failure(Kind.EXIT, "exit %d after %s".formatted(exit, seconds(age)), age, ENDED);
  }

  private CommandFailure failure(
      Kind kind, String what, Duration age, CompletableFuture<@Nullable Void> ended) {
    int exit = process.isAlive() ? 0 : process.exitValue();
    Facts facts =
        new Facts(
            kind == Kind.EXIT ? exit : 0,
            kind == Kind.SIGNAL ? exit - SIGNALLED : 0,
            age,
            stderr(),
            process.pid());
    return new CommandFailure(kind, command, what, facts, ended);
  }

  private String stuckText(End end, Duration age, List<ProcStat> left) {
    String why =
        switch (end) {
          case TIMEOUT -> "did not end within " + seconds(age);
          case OUTPUT_LIMIT -> "wrote too much";
          case INTERRUPTED -> "was no longer waited for after " + seconds(age);
          case EXITED -> "ended after " + seconds(age) + " but left others running";
        };
    String who =
        left.isEmpty()
            ? "process " + process.pid()
            : left.stream()
                .map(each -> "process %d (state %s)".formatted(each.pid(), each.state()))
                .collect(joining(", "));
    return "%s, was killed, and %s still hangs in the kernel".formatted(why, who);
  }

  private String stderr() {
    return pipes.stderr().text(command.secrets());
  }

  private Duration age() {
    return Duration.ofNanos(System.nanoTime() - started);
  }

  static String seconds(Duration duration) {
    return "%.1f s".formatted(duration.toNanos() / 1e9);
  }
}
