package io.doceph.cli;

import java.io.IOException;
import java.nio.channels.Channel;
import java.time.Duration;

/**
 * Closes a channel at a deadline, which ends whatever blocks on it; a blocking UNIX socket channel
 * has no timeout of its own.
 */
final class Watchdog implements AutoCloseable {
  private final Thread thread;
  private volatile boolean fired;

  private Watchdog(Channel channel, Duration limit) {
    thread =
        Thread.ofPlatform().daemon().name("deadline").unstarted(() -> closeAfter(channel, limit));
  }

  static Watchdog over(Channel channel, Duration limit) {
    Watchdog watchdog = new Watchdog(channel, limit);
    watchdog.thread.start();
    return watchdog;
  }

  /** Whether the deadline passed, and so the channel was closed by this watchdog. */
  boolean fired() {
    return fired;
  }

  @Override
  public void close() {
    thread.interrupt();
  }

  private void closeAfter(Channel channel, Duration limit) {
    try {
      Thread.sleep(limit);
      fired = true;
      channel.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      // The channel counts as closed all the same, and its reader reports the deadline.
      fired = true;
    }
  }
}
