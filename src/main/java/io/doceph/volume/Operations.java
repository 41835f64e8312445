package io.doceph.volume;

import io.doceph.host.process.CommandFailure;
import io.doceph.host.process.Deadline;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Runs operations: under the volume's lock, on threads of their own, each with a deadline after
 * which its caller is answered whatever hangs. The same operation asked for twice runs once.
 */
final class Operations implements AutoCloseable {
  private record Key(VolumeName volume, String kind, Object argument) {}

  private final VolumeLocks locks = new VolumeLocks();
  private final ConcurrentMap<Key, CompletableFuture<?>> running = new ConcurrentHashMap<>();
  private final ThreadPoolExecutor threads;
  private final ScheduledExecutorService clock;
  private final Duration lockWait;
  private final BiConsumer<String, @Nullable Throwable> listener;

  /**
   * Runs at most {@code limit} operations at once.
   *
   * @param lockWait how long an operation waits for another one on its volume
   * @param listener told the kind and the failure, if any, of each operation that ends
   */
  Operations(int limit, Duration lockWait, BiConsumer<String, @Nullable Throwable> listener) {
    this.threads =
        new ThreadPoolExecutor(
            0,
            limit,
            20,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            Thread.ofPlatform().daemon().name("operation-", 0).factory());
    ScheduledThreadPoolExecutor timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("deadlines").factory());
    timer.setRemoveOnCancelPolicy(true);
    this.clock = timer;
    this.lockWait = lockWait;
    this.listener = listener;
  }

  /**
   * Starts an operation, or joins the one that runs with the same kind and argument.
   *
   * @return its outcome: by the deadline at the latest
   */
  <T> CompletableFuture<T> submit(
      VolumeName volume,
      String kind,
      Object argument,
      Duration limit,
      Function<Operation, T> body) {
    Key key = new Key(volume, kind, argument);
    CompletableFuture<T> fresh = new CompletableFuture<>();
    CompletableFuture<?> known = running.putIfAbsent(key, fresh);
    if (known != null) {
      @SuppressWarnings("unchecked") // the kind decides the type
      CompletableFuture<T> joined = (CompletableFuture<T>) known;
      return joined;
    }
    Operation operation = new Operation(Deadline.after(limit));
    var unused =
        fresh.whenComplete(
            (value, failure) -> {
              running.remove(key, fresh);
              listener.accept(kind, failure);
            });
    var timeout =
        clock.schedule(
            () -> giveUp(operation, fresh, volume, kind, limit),
            limit.toMillis(),
            TimeUnit.MILLISECONDS);
    try {
      threads.execute(
          () -> {
            try {
              runLocked(volume, kind, operation, body, fresh);
            } finally {
              timeout.cancel(false);
            }
          });
    } catch (RejectedExecutionException e) {
      timeout.cancel(false);
      fresh.completeExceptionally(
          new VolumeError(
              VolumeError.Code.BUSY,
              "doceph already runs "
                  + threads.getMaximumPoolSize()
                  + " operations (doceph.limits.operations); try again when some have ended",
              e));
    }
    return fresh;
  }

  private static void giveUp(
      Operation operation,
      CompletableFuture<?> result,
      VolumeName volume,
      String kind,
      Duration limit) {
    if (operation.giveUp()) {
      result.completeExceptionally(
          new VolumeError(
              VolumeError.Code.TIMEOUT,
              kind
                  + " of volume "
                  + volume
                  + " was not done after "
                  + limit.toSeconds()
                  + " s and is being undone; `doceph info` shows what it waits for"));
    }
  }

  private <T> void runLocked(
      VolumeName volume,
      String kind,
      Operation operation,
      Function<Operation, T> body,
      CompletableFuture<T> result) {
    try {
      Duration left = operation.deadline().remaining();
      locks.acquire(volume, kind, left.compareTo(lockWait) < 0 ? left : lockWait);
    } catch (VolumeError e) {
      result.completeExceptionally(e);
      return;
    }
    CommandFailure stuck = null;
    try {
      T value = body.apply(operation);
      unlock(volume, null);
      result.complete(value);
      return;
    } catch (CommandFailure e) {
      stuck = e;
      result.completeExceptionally(Failures.ofCommand(e));
    } catch (VolumeError e) {
      stuck = e.getCause() instanceof CommandFailure f ? f : null;
      result.completeExceptionally(e);
    } catch (RuntimeException e) {
      result.completeExceptionally(Failures.unexpected(kind, volume, e));
    }
    unlock(volume, stuck);
  }

  /** Frees the lock; or, while a command cannot be killed, when that command has really ended. */
  private void unlock(VolumeName volume, @Nullable CommandFailure failure) {
    if (failure == null || failure.kind() != CommandFailure.Kind.STUCK) {
      locks.release(volume);
      return;
    }
    locks.rename(volume, "the stuck command " + failure.program());
    var unused = failure.ended().whenComplete((ok, none) -> locks.release(volume));
  }

  /** Runs something under the volume's lock if the lock is free now; for work nobody waits for. */
  boolean runIfFree(VolumeName volume, String kind, Duration limit, Runnable body) {
    if (!locks.tryAcquire(volume, kind)) {
      return false;
    }
    CommandFailure stuck = null;
    try {
      body.run();
      return true;
    } catch (CommandFailure e) {
      stuck = e;
      throw Failures.ofCommand(e);
    } finally {
      unlock(volume, stuck);
    }
  }

  /** Runs a look-up that takes no lock, on a thread of its own. */
  <T> CompletableFuture<T> lookUp(Duration limit, Function<Deadline, T> body) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Deadline deadline = Deadline.after(limit);
    try {
      threads.execute(
          () -> {
            try {
              result.complete(body.apply(deadline));
            } catch (CommandFailure e) {
              result.completeExceptionally(Failures.ofCommand(e));
            } catch (RuntimeException e) {
              result.completeExceptionally(e);
            }
          });
    } catch (RejectedExecutionException e) {
      result.completeExceptionally(
          new VolumeError(VolumeError.Code.UNAVAILABLE, "doceph runs too many operations", e));
    }
    var timeout =
        clock.schedule(
            () ->
                result.completeExceptionally(
                    new VolumeError(
                        VolumeError.Code.UNAVAILABLE,
                        "the backends did not answer within " + limit.toSeconds() + " s")),
            limit.toMillis(),
            TimeUnit.MILLISECONDS);
    var unused = result.whenComplete((value, failure) -> timeout.cancel(false));
    return result;
  }

  boolean isLocked(VolumeName volume) {
    return locks.isHeld(volume);
  }

  List<VolumeLocks.Running> all() {
    return locks.all();
  }

  @Override
  public void close() {
    clock.shutdownNow();
    threads.shutdown();
  }
}
