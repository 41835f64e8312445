package io.doceph.server;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** Keeps a second daemon away from a state directory; the kernel frees it with the process. */
final class StateLock {
  private final FileLock lock;

  private StateLock(FileLock lock) {
    this.lock = lock;
  }

  /** Takes the lock, or refuses with the number of the process that has it. */
  static StateLock take(Path stateDir) {
    Path file = stateDir.resolve("lock");
    try {
      FileChannel channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      FileLock lock = tryLock(channel);
      if (lock == null) {
        String owner = Files.readString(file).strip();
        channel.close();
        throw new StartRefused(
            "another doceph (process "
                + (owner.isEmpty() ? "unknown" : owner)
                + ") uses the state directory "
                + stateDir
                + "; stop it, or give this one its own doceph.state-dir, doceph.run-dir and doceph.socket");
      }
      channel.truncate(0);
      channel.write(
          ByteBuffer.wrap(
              (ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII)));
      return new StateLock(lock);
    } catch (IOException e) {
      throw new StartRefused("cannot lock the state directory " + stateDir + ": " + e.getMessage());
    }
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null; // taken in this very process
    }
  }

  /** Whether the lock is still held. */
  boolean isHeld() {
    return lock.isValid();
  }
}
