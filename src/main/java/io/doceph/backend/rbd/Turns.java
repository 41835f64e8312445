package io.doceph.backend.rbd;

import io.doceph.volume.VolumeName;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** Work in the background of which, for each volume, one piece runs after another. */
final class Turns {
  private final Background background;
  private final ConcurrentMap<VolumeName, CompletableFuture<Void>> last = new ConcurrentHashMap<>();

  Turns(Background background) {
    this.background = background;
  }

  /**
   * Runs this after everything that was begun before for the volume, whether that failed or not.
   */
  CompletableFuture<Void> next(VolumeName volume, Runnable work) {
    CompletableFuture<Void> next =
        last.compute(
            volume,
            (name, before) ->
                before == null
                    ? background.start(work)
                    : before
                        .handle((done, failure) -> null)
                        .thenCompose(done -> background.start(work)));
    var unused = next.whenComplete((done, failure) -> last.remove(volume, next));
    return next;
  }

  /** Whether something runs or waits for a volume. */
  boolean isBusy(VolumeName volume) {
    return last.containsKey(volume);
  }
}
