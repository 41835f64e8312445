package io.doceph.backend.rbd;

import io.doceph.volume.VolumeError;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** Whether the cluster answers, for each pool: the data of one may be out of reach alone. */
final class Reachability {
  /** After this long without news somebody has to try again. */
  private static final Duration BELIEVED = Duration.ofSeconds(15);

  private record Silence(Instant since, long lastTried, String why) {}

  private final ConcurrentMap<String, Silence> silent = new ConcurrentHashMap<>();

  /** A pool has answered. */
  void answered(String pool) {
    silent.remove(pool);
  }

  /** The index of a pool has been waited for in vain. */
  void silent(String pool, String why) {
    silent.compute(
        pool,
        (name, known) ->
            new Silence(known == null ? Instant.now() : known.since(), System.nanoTime(), why));
  }

  /**
   * Refuses what would only wait.
   *
   * @throws VolumeError {@code UNAVAILABLE} while the pool is known to be silent
   */
  void require(String what, String pool) {
    Silence known = silent.get(pool);
    if (known != null && System.nanoTime() - known.lastTried() < BELIEVED.toNanos()) {
      throw new VolumeError(
          VolumeError.Code.UNAVAILABLE,
          what
              + ": the Ceph cluster has not answered since "
              + known.since().truncatedTo(ChronoUnit.SECONDS)
              + " (pool "
              + pool
              + "), and doceph goes on asking; look at `ceph status`, and at the network to the"
              + " monitors and OSDs");
    }
  }

  /** Why pools do not answer, by pool. */
  Map<String, String> problems() {
    Map<String, String> problems = new ConcurrentHashMap<>();
    silent.forEach((pool, silence) -> problems.put(pool, silence.why()));
    return problems;
  }
}
