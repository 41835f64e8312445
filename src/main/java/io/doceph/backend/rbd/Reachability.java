package io.doceph.backend.rbd;

import io.doceph.host.process.Deadline;
import io.doceph.volume.VolumeError;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.LockSupport;

/** Whether the cluster answers, for each pool: the data of one may be out of reach alone. */
final class Reachability {
  /** After this long without news somebody has to try again. */
  private static final Duration BELIEVED = Duration.ofSeconds(15);

  /**
   * How long the cluster is given to answer when it is asked for the first time. At a boot Docker
   * mounts the volumes of all its containers before it serves anybody: it must not wait long.
   */
  private static final Duration FIRST = Duration.ofSeconds(5);

  private static final Duration LOOK = Duration.ofMillis(20);

  private record Silence(Instant since, long lastTried, String why) {}

  private final ConcurrentMap<String, Silence> silent = new ConcurrentHashMap<>();

  private record Asked(Instant at, Deadline first) {}

  private final ConcurrentMap<String, Asked> asked = new ConcurrentHashMap<>();
  private final Set<String> known = ConcurrentHashMap.newKeySet();

  /** A pool is asked something. */
  void asking(String pool) {
    asked.computeIfAbsent(pool, name -> new Asked(Instant.now(), Deadline.after(FIRST)));
  }

  /** A pool has answered. */
  void answered(String pool) {
    known.add(pool);
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
    Silence silence = silent.get(pool);
    if (silence != null && System.nanoTime() - silence.lastTried() < BELIEVED.toNanos()) {
      throw notAnswered(what, pool, silence.since());
    }
  }

  /**
   * The same for the first thing that a volume is needed for: refused as well when the pool has
   * been asked for a while, and has never answered.
   */
  void requireKnown(String what, String pool) {
    require(what, pool);
    Asked asking = asked.get(pool);
    while (asking != null && !known.contains(pool)) {
      if (asking.first().expired()) {
        throw notAnswered(what, pool, asking.at());
      }
      LockSupport.parkNanos(LOOK.toNanos());
    }
  }

  private static VolumeError notAnswered(String what, String pool, Instant since) {
    return new VolumeError(
        VolumeError.Code.UNAVAILABLE,
        what
            + ": the Ceph cluster has not answered since "
            + since.truncatedTo(ChronoUnit.SECONDS)
            + " (pool "
            + pool
            + "), and doceph goes on asking; look at `ceph status`, and at the network to the"
            + " monitors and OSDs");
  }

  /** Why pools do not answer, by pool. */
  Map<String, String> problems() {
    Map<String, String> problems = new ConcurrentHashMap<>();
    silent.forEach((pool, silence) -> problems.put(pool, silence.why()));
    return problems;
  }
}
