package io.doceph.volume;

import io.doceph.host.process.Deadline;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One running operation: its deadline, and the single point at which it either counts as answered
 * or has been given up by its caller. After the caller has gone, a success would be a leak: Docker
 * sends no Unmount after a Mount that timed out.
 */
final class Operation {
  private enum Outcome {
    OPEN,
    ANSWERED,
    GIVEN_UP
  }

  private final Deadline deadline;
  private final AtomicReference<Outcome> outcome = new AtomicReference<>(Outcome.OPEN);

  Operation(Deadline deadline) {
    this.deadline = deadline;
  }

  Deadline deadline() {
    return deadline;
  }

  /** The operation's last act. False when its caller has gone: then everything must be undone. */
  boolean commit() {
    return outcome.compareAndSet(Outcome.OPEN, Outcome.ANSWERED);
  }

  /** The caller goes. False when the operation has already been committed. */
  boolean giveUp() {
    return outcome.compareAndSet(Outcome.OPEN, Outcome.GIVEN_UP);
  }
}
