package io.doceph.rig;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import java.util.function.Supplier;

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
    until(() -> what, within, condition);
  }

  /** The same with words that are looked for only when it did not happen in time. */
  public static void until(Supplier<String> what, Duration within, Callable<Boolean> condition) {
    Instant end = Instant.now().plus(within);
    try {
      while (!condition.call()) {
        if (Instant.now().isAfter(end)) {
          throw new AssertionError(
              "after " + within.toSeconds() + " s still not so: " + what.get());
        }
        Thread.sleep(STEP);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting: " + what.get(), e);
    } catch (Exception e) {
      throw new AssertionError("while waiting: " + what.get(), e);
    }
  }
}
