package io.doceph.host.process;

import io.doceph.host.process.CommandFailure.Facts;
import io.doceph.host.process.CommandFailure.Kind;
import java.io.IOException;
import java.time.Duration;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Runs other programs, each with a deadline, an output limit and an environment built from nothing.
 * May be used by many threads; a command runs on its caller's thread, and no other thread is made
 * for it.
 */
public final class ProcessRunner {

  private static final String OK = "ok";

  private final RunLimits limits;
  private final RunListener listener;
  private final Map<CommandClass, Semaphore> places = new EnumMap<>(CommandClass.class);
  private final Map<String, Run> running = new ConcurrentHashMap<>();

  /** Makes the markers of two daemons, or of one before and after a restart, differ. */
  private final String runPrefix =
      ProcessHandle.current().pid() + "-" + Long.toHexString(System.nanoTime()) + "-";

  private final AtomicLong runs = new AtomicLong();

  /** A runner with its own limits. One is enough for a daemon. */
  public ProcessRunner(RunLimits limits, RunListener listener) {
    this.limits = limits;
    this.listener = listener;
    for (CommandClass commandClass : CommandClass.values()) {
      // Fair: whoever waits longest is nearest to its deadline.
      places.put(commandClass, new Semaphore(limits.of(commandClass), true));
    }
  }

  /**
   * Runs a command to its end. Returns or throws at most about 4 s after the command's deadline,
   * whatever the program does.
   *
   * @throws CommandFailure when it was not started, did not end as it should, or not in time
   */
  public CommandResult run(Command command) {
    return run(command, () -> {});
  }

  /**
   * The same for a command that may not be worth starting any more when its turn comes.
   *
   * @param requireWorth throws when it is not
   */
  public CommandResult run(Command command, Runnable requireWorth) {
    long started = System.nanoTime();
    String outcome = "error";
    try {
      CommandResult result = runWithPlace(command, requireWorth, started);
      outcome = OK;
      return result;
    } catch (CommandFailure failure) {
      outcome = failure.kind().label();
      throw failure;
    } finally {
      listener.finished(command.programName(), command.commandClass(), outcome, since(started));
    }
  }

  /** What runs now, stuck commands included, the oldest first. */
  public List<RunningCommand> running() {
    return running.values().stream()
        .map(Run::describe)
        .sorted(Comparator.comparing(RunningCommand::age).reversed())
        .toList();
  }

  private CommandResult runWithPlace(Command command, Runnable requireWorth, long started) {
    Deadline deadline = command.deadlineFromNow();
    if (deadline.expired()) {
      throw notRun(Kind.TIMEOUT, command, "was not started: no time was left for it", started);
    }
    Semaphore free = placesOf(command.commandClass());
    takePlace(command, deadline, free, started);
    String id = runPrefix + runs.incrementAndGet();
    CompletableFuture<?> ended = CompletableFuture.completedFuture(id);
    try {
      requireWorth.run();
      Run run = start(command, id, command.deadlineOfRun(deadline), started);
      running.put(id, run);
      return run.supervise();
    } catch (CommandFailure failure) {
      ended = failure.ended();
      throw failure;
    } finally {
      // At once, unless it is stuck: then it keeps its place and stays listed until it really ends.
      CompletableFuture<?> unused =
          ended.thenRun(
              () -> {
                running.remove(id);
                free.release();
              });
    }
  }

  private void takePlace(Command command, Deadline deadline, Semaphore free, long started) {
    try {
      if (free.tryAcquire(deadline.remainingNanos(), TimeUnit.NANOSECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw notRun(
          Kind.INTERRUPTED, command, "was not started: doceph stops waiting for it", started);
    }
    String what =
        "was not started within %s: %d other commands of class %s still run"
            .formatted(
                Run.seconds(since(started)),
                limits.of(command.commandClass()),
                command.commandClass());
    throw notRun(Kind.TOO_MANY, command, what, started);
  }

  private static Run start(Command command, String id, Deadline deadline, long started) {
    try {
      return new Run(command, Launch.start(command, id), id, deadline);
    } catch (IOException e) {
      String what = "cannot be started from %s: %s".formatted(command.program(), e.getMessage());
      throw notRun(Kind.NOT_STARTED, command, what, started);
    }
  }

  private static CommandFailure notRun(Kind kind, Command command, String what, long started) {
    return new CommandFailure(
        kind, command, what, Facts.none(since(started)), CompletableFuture.completedFuture(null));
  }

  private Semaphore placesOf(CommandClass commandClass) {
    Semaphore semaphore = places.get(commandClass);
    if (semaphore == null) {
      throw new IllegalStateException("no limit for commands of class " + commandClass);
    }
    return semaphore;
  }

  private static Duration since(long started) {
    return Duration.ofNanos(System.nanoTime() - started);
  }
}
