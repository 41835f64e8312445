package io.doceph.volume;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * One operation a volume at a time, with a bounded wait and a refusal that says what is running.
 */
final class VolumeLocks {
  /**
   * What holds a volume's lock.
   *
   * @param volume the volume
   * @param operation what runs, such as {@code create}
   * @param since since when
   */
  record Running(VolumeName volume, String operation, Instant since) {
    String sentence() {
      return "volume "
          + volume
          + " is busy: "
          + operation
          + " has been running for "
          + Text.seconds(Duration.between(since, Instant.now()));
    }
  }

  private final Map<VolumeName, Running> held = new HashMap<>();

  /** Takes the lock, or refuses with {@code BUSY} when it is not free in time. */
  synchronized void acquire(VolumeName volume, String operation, Duration patience) {
    long end = System.nanoTime() + patience.toNanos();
    Running running = held.get(volume);
    while (running != null) {
      long left = end - System.nanoTime();
      if (left <= 0) {
        throw new VolumeError(
            VolumeError.Code.BUSY, running.sentence() + "; try again when it has ended");
      }
      try {
        TimeUnit.NANOSECONDS.timedWait(this, Math.max(left, 1_000_000));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new VolumeError(VolumeError.Code.UNAVAILABLE, "doceph is stopping", e);
      }
      running = held.get(volume);
    }
    held.put(volume, new Running(volume, operation, Instant.now()));
  }

  /** Takes the lock if it is free at once. */
  synchronized boolean tryAcquire(VolumeName volume, String operation) {
    if (held.containsKey(volume)) {
      return false;
    }
    held.put(volume, new Running(volume, operation, Instant.now()));
    return true;
  }

  /** Says what really holds the lock from now on; the lock stays taken. */
  synchronized void rename(VolumeName volume, String operation) {
    held.computeIfPresent(volume, (v, r) -> new Running(v, operation, r.since()));
  }

  synchronized void release(VolumeName volume) {
    held.remove(volume);
    notifyAll();
  }

  synchronized boolean isHeld(VolumeName volume) {
    return held.containsKey(volume);
  }

  synchronized List<Running> all() {
    return new ArrayList<>(held.values());
  }
}
