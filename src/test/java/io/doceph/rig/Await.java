package io.doceph.rig;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;

/** Waits, within a generous bound, for what happens by itself. */
public final class Await {
  private static final Duration STEP = Duration.ofMillis(20);

  private Await() {}

  /**
   * Waits until the condition holds.
   *
   * @throws AssertionError naming what was waited for, when it did not happen in time
   */
  public static void until(String what, Duration within, Callable<Boolean> condition) {
    Instant end = Instant.now().plus(within);
    try {
      while (!condition.call()) {
        if (Instant.now().isAfter(end)) {
          throw new AssertionError("after " + within.toSeconds() + " s still not so: " + what);
        }
        Thread.sleep(STEP);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting: " + what, e);
    } catch (Exception e) {
      throw new AssertionError("while waiting: " + what, e);
    }
  }
}
