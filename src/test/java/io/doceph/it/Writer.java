package io.doceph.it;

import io.doceph.rig.Await;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Appends lines to a file, each with fsync, until it is closed or a write fails. */
final class Writer implements AutoCloseable {
  private static final int PAUSE = 50;

  private final Path file;
  private final Thread thread;
  private final AtomicLong lines = new AtomicLong();
  private volatile boolean stop;
  private volatile @Nullable IOException failure;

  private Writer(Path file) {
    this.file = file;
    this.thread = Thread.ofPlatform().daemon().name("writer").unstarted(this::run);
  }

  static Writer start(Path file) {
    var writer = new Writer(file);
    writer.thread.start();
    return writer;
  }

  private void run() {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      while (!stop) {
        byte[] line = (lines.get() + 1 + "\n").getBytes(StandardCharsets.US_ASCII);
        int unused = channel.write(ByteBuffer.wrap(line));
        channel.force(true);
        lines.incrementAndGet();
        Thread.sleep(PAUSE);
      }
    } catch (IOException e) {
      failure = e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** How many lines the disk has; the file holds the numbers from 1 to this one at least. */
  long lines() {
    return lines.get();
  }

  void awaitMoreThan(long number) {
    Await.until(
        "more than " + number + " lines are written (" + failure + ")",
        Bed.SOON,
        () -> lines.get() > number);
  }

  /** Waits for the write that fails, and says why it did. */
  IOException awaitFailure() {
    Await.until("a write fails", Bed.SOON, () -> failure != null);
    IOException known = failure;
    if (known == null) {
      throw new AssertionError("no failure");
    }
    return known;
  }

  @Override
  public void close() {
    stop = true;
    try {
      thread.join(Bed.SOON);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (thread.isAlive()) {
      throw new AssertionError("the writer hangs in " + file);
    }
  }
}
