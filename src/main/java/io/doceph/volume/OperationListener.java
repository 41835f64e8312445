package io.doceph.volume;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Told after each operation on a volume; for metrics. It must be quick. */
@FunctionalInterface
public interface OperationListener {

  /**
   * One operation has been answered.
   *
   * @param kind what it was, such as {@code mount}
   * @param failure why it failed, or null
   * @param took from the call to the answer, waiting for the volume's lock included
   */
  void ended(String kind, @Nullable Throwable failure, Duration took);
}
