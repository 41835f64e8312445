package io.doceph.backend.rbd;

import io.doceph.volume.VolumeError;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** Whether the cluster answers. */
final class Reachability {
  /** After this long without news somebody has to try again. */
  private static final Duration BELIEVED = Duration.ofSeconds(15);

  private record Silence(Instant since, long lastTried, String why) {}

  private volatile @Nullable Silence silence;

  /** The cluster has answered. */
  void answered() {
    silence = null;
  }

  /** A command has waited for the cluster in vain. */
  synchronized void silent(String why) {
    Silence known = silence;
    silence = new Silence(known == null ? Instant.now() : known.since(), System.nanoTime(), why);
  }

  /**
   * Refuses what would only wait.
   *
   * @throws VolumeError {@code UNAVAILABLE} while the cluster is known to be silent
   */
  void require(String what) {
    Silence known = silence;
    if (known != null && System.nanoTime() - known.lastTried() < BELIEVED.toNanos()) {
      throw new VolumeError(
          VolumeError.Code.UNAVAILABLE,
          what
              + ": the Ceph cluster has not answered since "
              + known.since().truncatedTo(ChronoUnit.SECONDS)
              + ", and doceph goes on asking; look at `ceph status`, and at the network to the"
              + " monitors and OSDs");
    }
  }

  /** Why it does not answer, or null while it does. */
  @Nullable String problem() {
    Silence known = silence;
    return known == null ? null : known.why();
  }
}
