package io.doceph.backend.rbd;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the threads of this doceph and other doceph daemons of this host off a file: a lock of the
 * kernel's is a process's, not a thread's, so that it takes two. The lock file is never removed,
 * for somebody may be waiting for just that one.
 */
final class TableLock implements AutoCloseable {
  private static final long POLL_MILLIS = 20;

  private static final Map<Path, ReentrantLock> THREADS = new ConcurrentHashMap<>();

  private final ReentrantLock threads;
  private final FileChannel channel;

  private TableLock(ReentrantLock threads, FileChannel channel) {
    this.threads = threads;
    this.channel = channel;
  }

  /**
   * Takes the lock; the thread that took it closes it.
   *
   * @throws IOException when it is not free in time
   */
  static TableLock take(Path file, Duration patience) throws IOException {
    long end = System.nanoTime() + patience.toNanos();
    ReentrantLock threads = THREADS.computeIfAbsent(file, f -> new ReentrantLock());
    FileChannel channel = null;
    boolean taken = false;
    try {
      if (!threads.tryLock(patience.toNanos(), TimeUnit.NANOSECONDS)) {
        throw new IOException(
            "this doceph has been changing it for " + patience.toSeconds() + " s");
      }
      channel = open(file);
      while (lock(channel) == null) {
        if (System.nanoTime() - end >= 0) {
          throw new IOException(
              "another doceph has held the lock file %s for %d s"
                  .formatted(file, patience.toSeconds()));
        }
        TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      }
      taken = true;
      return new TableLock(threads, channel);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("doceph is stopping", e);
    } finally {
      if (!taken) {
        release(threads, channel);
      }
    }
  }

  @Override
  public void close() throws IOException {
    release(threads, channel);
  }

  private static FileChannel open(Path file) throws IOException {
    return FileChannel.open(
        file,
        Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
  }

  private static @Nullable FileLock lock(FileChannel channel) throws IOException {
    return channel.tryLock();
  }

  /** Closing the channel gives the kernel's lock back. */
  private static void release(ReentrantLock threads, @Nullable FileChannel channel)
      throws IOException {
    try {
      if (channel != null) {
        channel.close();
      }
    } finally {
      if (threads.isHeldByCurrentThread()) {
        threads.unlock();
      }
    }
  }
}
