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
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Runs operations: under the volume's lock, on threads of their own, each with a deadline after
 * which its caller is answered whatever hangs. The same operation asked for twice runs once.
 */
final class Operations implements AutoCloseable {
  private static final int LOOK_UPS = 32;

  private record Key(VolumeName volume, String kind, Object argument) {}

  private final VolumeLocks locks = new VolumeLocks();
  private final ConcurrentMap<Key, CompletableFuture<?>> running = new ConcurrentHashMap<>();
  private final ThreadPoolExecutor threads;
  private final ThreadPoolExecutor lookUps;
  private final ScheduledExecutorService clock;
  private final Duration lockWait;
  private final OperationListener listener;

  /**
   * Runs at most {@code limit} operations at once.
   *
   * @param lockWait how long an operation waits for another one on its volume
   * @param listener told of each operation that ends
   */
  Operations(int limit, Duration lockWait, OperationListener listener) {
    this.threads = threads(limit, "operation-");
    // Apart, so that look-ups in a backend that hangs keep no operation on other volumes out.
    this.lookUps = threads(LOOK_UPS, "look-up-");
    ScheduledThreadPoolExecutor timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("deadlines").factory());
    timer.setRemoveOnCancelPolicy(true);
    this.clock = timer;
    this.lockWait = lockWait;
    this.listener = listener;
  }

  private static ThreadPoolExecutor threads(int limit, String name) {
    return new ThreadPoolExecutor(
        0,
        limit,
        20,
        TimeUnit.SECONDS,
        new SynchronousQueue<>(),
        Thread.ofPlatform().daemon().name(name, 0).factory());
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
    Running<T> call =
        new Running<>(key, fresh, new Operation(Deadline.after(limit)), System.nanoTime());
    var timeout =
        clock.schedule(() -> giveUp(call, limit), limit.toMillis(), TimeUnit.MILLISECONDS);
    try {
      threads.execute(
          () -> {
            try {
              runLocked(call, body);
            } finally {
              timeout.cancel(false);
            }
          });
    } catch (RejectedExecutionException e) {
      timeout.cancel(false);
      fail(
          call,
          new VolumeError(
              VolumeError.Code.BUSY,
              "doceph already runs "
                  + threads.getMaximumPoolSize()
                  + " operations (doceph.limits.operations); try again when some have ended",
              e));
    }
    return fresh;
  }

  private record Running<T>(Key key, CompletableFuture<T> answer, Operation operation, long began) {
    Duration age() {
      return Duration.ofNanos(System.nanoTime() - began);
    }
  }

  private void giveUp(Running<?> call, Duration limit) {
    if (call.operation().giveUp()) {
      fail(
          call,
          new VolumeError(
              VolumeError.Code.TIMEOUT,
              call.key().kind()
                  + " of volume "
                  + call.key().volume()
                  + " was not done after "
                  + limit.toSeconds()
                  + " s and is being undone; `doceph info` shows what it waits for"));
    }
  }

  // Nobody may join an operation whose outcome is known: it leaves the table before it answers.

  private <T> void succeed(Running<T> call, T value) {
    running.remove(call.key(), call.answer());
    if (call.answer().complete(value)) {
      listener.ended(call.key().kind(), null, call.age());
    }
  }

  private void fail(Running<?> call, Throwable failure) {
    running.remove(call.key(), call.answer());
    if (call.answer().completeExceptionally(failure)) {
      listener.ended(call.key().kind(), failure, call.age());
    }
  }

  private <T> void runLocked(Running<T> call, Function<Operation, T> body) {
    VolumeName volume = call.key().volume();
    String kind = call.key().kind();
    try {
      Duration left = call.operation().deadline().remaining();
      locks.acquire(volume, kind, left.compareTo(lockWait) < 0 ? left : lockWait);
    } catch (VolumeError e) {
      fail(call, e);
      return;
    }
    CommandFailure stuck = null;
    Throwable failure;
    try {
      T value = body.apply(call.operation());
      unlock(volume, null);
      succeed(call, value);
      return;
    } catch (CommandFailure e) {
      stuck = e;
      failure = Failures.ofCommand(e);
    } catch (VolumeError e) {
      stuck = e.getCause() instanceof CommandFailure f ? f : null;
      failure = e;
    } catch (RuntimeException | Error e) {
      failure = Failures.unexpected(kind, volume, e);
    }
    unlock(volume, stuck);
    fail(call, failure);
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
    } catch (VolumeError e) {
      stuck = e.getCause() instanceof CommandFailure f ? f : null;
      throw e;
    } finally {
      unlock(volume, stuck);
    }
  }

  /** Runs a look-up that takes no lock, on a thread of its own. */
  <T> CompletableFuture<T> lookUp(Duration limit, Function<Deadline, T> body) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Deadline deadline = Deadline.after(limit);
    try {
      lookUps.execute(
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
          new VolumeError(
              VolumeError.Code.UNAVAILABLE,
              "doceph looks up too many names at once, because a backend answers slowly or not at all",
              e));
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
    lookUps.shutdown();
  }
}
