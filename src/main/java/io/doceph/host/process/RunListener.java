package io.doceph.host.process;

import java.time.Duration;

/**
 * Told after each run of a command; for metrics. Called on the thread that ran the command, so it
 * must be quick.
 */
@FunctionalInterface
public interface RunListener {

  /** Hears nothing. */
  RunListener NONE = (program, commandClass, outcome, duration) -> {};

  /**
   * One run has ended, or was given up on.
   *
   * @param program the program's file name, such as {@code mkfs.xfs}
   * @param commandClass its class
   * @param outcome {@code ok}, or a {@link CommandFailure.Kind} in lower case
   * @param duration from the call to the answer, waiting for a free place included
   */
  void finished(String program, CommandClass commandClass, String outcome, Duration duration);
}
