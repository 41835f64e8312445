package io.doceph.backend.rbd;

import io.doceph.volume.VolumeError;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A file of the host's that doceph changes line by line beside people and other programs. It is
 * read as ISO-8859-1, in which every byte is one character, so that nothing is lost of what it
 * holds; it is replaced as a whole, with mode, owner and extended attributes as they were, and a
 * symbolic link to it stays one.
 *
 * <p>The lock file is beside the file, not under /run: there it is the same for every doceph that
 * changes this file, whatever its run directory and whatever path or link it came by. Programs that
 * do not know it may write at any time, so the file is read again right before it is replaced.
 */
final class TableFile {
  /** More than any table; what is larger is something else, and not read into memory. */
  private static final long LARGEST = 16L << 20;

  private static final int MOST_LINKS = 40;
  private static final int MOST_ATTEMPTS = 10;

  /** A change takes milliseconds; a Mount that waits has 110 s. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final Set<PosixFilePermission> PRIVATE =
      PosixFilePermissions.fromString("rw-------");

  private final Path file;
  private final Set<PosixFilePermission> freshMode;

  /**
   * A table.
   *
   * @param freshMode the mode that the file gets when there was none, such as {@code rw-r--r--}
   */
  TableFile(Path file, String freshMode) {
    this.file = file;
    this.freshMode = PosixFilePermissions.fromString(freshMode);
  }

  Path path() {
    return file;
  }

  /** The file's text; empty when there is no file. */
  String read() {
    try {
      return Objects.requireNonNullElse(content(target()), "");
    } catch (IOException e) {
      throw new VolumeError(
          VolumeError.Code.FAILED,
          "cannot read %s: %s; see that doceph may read it".formatted(file, why(e)),
          e);
    }
  }

  /**
   * Changes the text. A change that changes nothing does not write at all, and needs no lock.
   *
   * @return whether the file was changed
   */
  boolean edit(UnaryOperator<String> change) {
    return edit(change, false);
  }

  /**
   * Changes the text as {@link #edit}, and before the first change keeps a copy for root alone,
   * {@code FILE.before-doceph}; one that is there is never overwritten.
   */
  boolean editWithCopy(UnaryOperator<String> change) {
    return edit(change, true);
  }

  private boolean edit(UnaryOperator<String> change, boolean copy) {
    try {
      Path target = target();
      if (isSame(content(target), change)) {
        return false;
      }
      try (TableLock _ = TableLock.take(sibling(target, ".doceph.lock"), PATIENCE)) {
        for (int attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
          String before = content(target);
          if (isSame(before, change)) {
            return false;
          }
          if (copy && before != null) {
            keepCopy(target, before);
          }
          if (replace(target, before, change.apply(Objects.requireNonNullElse(before, "")))) {
            return true;
          }
        }
        throw new IOException("another program changed it each time doceph was about to");
      }
    } catch (IOException e) {
      throw new VolumeError(
          VolumeError.Code.FAILED,
          "cannot change %s: %s; see that its directory is there and that doceph may write to it, then try again"
              .formatted(file, why(e)),
          e);
    }
  }

  private static boolean isSame(@Nullable String before, UnaryOperator<String> change) {
    String text = Objects.requireNonNullElse(before, "");
    return change.apply(text).equals(text);
  }

  /**
   * Puts a new file in the place of the one with the text that was read.
   *
   * @return false when it has another text by now
   */
  private boolean replace(Path target, @Nullable String before, String after) throws IOException {
    // One name for all, under the lock: what an interrupted change left goes with the next.
    Path fresh = sibling(target, ".doceph.new");
    Files.deleteIfExists(fresh);
    try {
      if (before == null) {
        write(fresh, after, StandardOpenOption.CREATE_NEW);
        Files.setPosixFilePermissions(fresh, freshMode);
      } else {
        // A copy of the file itself brings its attributes along, those of SELinux and ACLs too.
        Files.copy(target, fresh, StandardCopyOption.COPY_ATTRIBUTES);
        requireSameOwner(target, fresh);
        write(fresh, after, StandardOpenOption.TRUNCATE_EXISTING);
      }
      if (!Objects.equals(before, content(target))) {
        return false;
      }
      Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(fresh);
    }
    syncDirectory(target);
    return true;
  }

  /** What Files.copy could not copy of the owner and the mode it leaves out without a word. */
  private static void requireSameOwner(Path target, Path fresh) throws IOException {
    PosixFileAttributes old = Files.readAttributes(target, PosixFileAttributes.class);
    PosixFileAttributes its = Files.readAttributes(fresh, PosixFileAttributes.class);
    if (!old.owner().equals(its.owner())
        || !old.group().equals(its.group())
        || !old.permissions().equals(its.permissions())) {
      throw new IOException(
          "it is owned by %s:%s, and doceph may not give a new file to them"
              .formatted(old.owner().getName(), old.group().getName()));
    }
  }

  private static void keepCopy(Path target, String text) throws IOException {
    Path copy = target.resolveSibling(target.getFileName() + ".before-doceph");
    if (Files.exists(copy, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Path fresh = sibling(target, ".doceph.copy");
    Files.deleteIfExists(fresh);
    try {
      write(fresh, text, StandardOpenOption.CREATE_NEW);
      // A link, unlike a rename, never takes the place of a file that is there.
      Files.createLink(copy, fresh);
    } catch (FileAlreadyExistsException e) {
      return;
    } finally {
      Files.deleteIfExists(fresh);
    }
    syncDirectory(target);
  }

  private static void write(Path path, String text, StandardOpenOption how) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            path,
            Set.of(StandardOpenOption.WRITE, how),
            PosixFilePermissions.asFileAttribute(PRIVATE))) {
      ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
  }

  private static @Nullable String content(Path target) throws IOException {
    try {
      if (!Files.isRegularFile(target) && Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
        throw new IOException("it is no regular file");
      }
      if (Files.size(target) > LARGEST) {
        throw new IOException("it is larger than %d MiB".formatted(LARGEST >> 20));
      }
      return Files.readString(target, StandardCharsets.ISO_8859_1);
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  /** The file itself, at the end of all links, whether it is there or not. */
  private Path target() throws IOException {
    Path path = file.toAbsolutePath();
    for (int links = 0; Files.isSymbolicLink(path); links++) {
      if (links == MOST_LINKS) {
        throw new IOException("its links go round in circles");
      }
      path = path.resolveSibling(Files.readSymbolicLink(path));
    }
    Path directory = path.getParent();
    Path name = path.getFileName();
    if (directory == null || name == null) {
      throw new IOException("it is no regular file");
    }
    // Not made plain by leaving dots out: what is before them may be a link.
    return Files.isDirectory(directory) ? directory.toRealPath().resolve(name) : path;
  }

  private static Path sibling(Path target, String suffix) {
    return target.resolveSibling("." + target.getFileName() + suffix);
  }

  /** A rename is only on the disk when its directory is. */
  private static void syncDirectory(Path target) throws IOException {
    try (FileChannel channel =
        FileChannel.open(Objects.requireNonNull(target.getParent()), StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static String why(IOException e) {
    return e.getClass() == IOException.class
        ? String.valueOf(e.getMessage())
        : e.getMessage() + " (" + e.getClass().getSimpleName().replace("Exception", "") + ")";
  }
}
