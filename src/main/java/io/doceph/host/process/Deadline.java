package io.doceph.host.process;

import java.time.Duration;

/**
 * A point in time by which something must have ended. Monotonic: setting the clock does not move
 * it.
 *
 * @param nanoTime the value of {@link System#nanoTime()} at which it is over
 */
public record Deadline(long nanoTime) {

  /** Longer waits are cut to this, so that the arithmetic cannot overflow. */
  private static final Duration LONGEST = Duration.ofDays(365);

  /**
   * The deadline that is over when the given time has passed from now; a negative one is over at
   * once.
   */
  public static Deadline after(Duration duration) {
    Duration bounded = duration.compareTo(LONGEST) > 0 ? LONGEST : duration;
    return new Deadline(System.nanoTime() + (bounded.isNegative() ? 0 : bounded.toNanos()));
  }

  /** The time left, zero when it is over; never negative. */
  public Duration remaining() {
    return Duration.ofNanos(remainingNanos());
  }

  /** Whether no time is left. */
  public boolean expired() {
    return remainingNanos() == 0;
  }

  /** The earlier of this deadline and the given time from now. */
  public Deadline sooner(Duration duration) {
    Deadline other = after(duration);
    return other.nanoTime - nanoTime < 0 ? other : this;
  }

  long remainingNanos() {
    return Math.max(0, nanoTime - System.nanoTime());
  }
}
