package io.doceph.backend.rbd;

import io.doceph.host.process.CommandFailure;
import io.doceph.volume.VolumeError;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/** Work on the cluster beside the work that waits for it: each command is a trip of its own. */
final class Background implements AutoCloseable {
  private final ExecutorService threads =
      Executors.newCachedThreadPool(Thread.ofPlatform().daemon().name("ceph-", 0).factory());

  <T> CompletableFuture<T> start(Supplier<T> work) {
    return CompletableFuture.supplyAsync(work, threads);
  }

  CompletableFuture<Void> start(Runnable work) {
    return CompletableFuture.runAsync(work, threads);
  }

  /** Waits for work; its failure is thrown as it was. */
  static <T> T join(CompletableFuture<T> work) {
    try {
      return work.join();
    } catch (CompletionException e) {
      switch (e.getCause()) {
        case VolumeError error -> throw error;
        case CommandFailure failure -> throw failure;
        case null, default -> throw e;
      }
    }
  }

  /** Does this while other work runs; a failure is thrown once that has ended, too. */
  static <T> T beside(CompletableFuture<?> other, Supplier<T> work) {
    try {
      return work.get();
    } catch (RuntimeException e) {
      other.handle((done, failure) -> done).join();
      throw e;
    }
  }

  @Override
  public void close() {
    threads.shutdown();
  }
}
