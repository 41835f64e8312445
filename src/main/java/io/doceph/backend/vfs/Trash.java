package io.doceph.backend.vfs;

import io.doceph.volume.VolumeName;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Removed data, on its way out: a rename takes it out of sight in one step, then the tree is
 * deleted in the background. What a killed daemon left is deleted by the next one.
 */
final class Trash {
  private final Path directory;

  Trash(Path directory) {
    this.directory = directory;
  }

  /** Takes a tree out of sight and begins to delete it. */
  void take(Path tree, VolumeName name) throws IOException {
    Files.createDirectories(directory);
    Files.move(
        tree, directory.resolve(name + "." + UUID.randomUUID()), StandardCopyOption.ATOMIC_MOVE);
    Thread.ofPlatform().daemon().name("vfs-sweep").start(this::sweep);
  }

  /** Deletes what a killed daemon left, if anything. */
  void resume() {
    if (Files.isDirectory(directory)) {
      Thread.ofPlatform().daemon().name("vfs-sweep").start(this::sweep);
    }
  }

  private synchronized void sweep() {
    try (var trees = Files.newDirectoryStream(directory)) {
      for (Path tree : trees) {
        delete(tree);
      }
    } catch (IOException e) {
      // Another host sweeps the same directory, or the share is gone: the next removal tries again.
      return;
    }
  }

  /** Deletes a tree without following links. */
  private static void delete(Path tree) throws IOException {
    Files.walkFileTree(
        tree,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) {
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path dir, @Nullable IOException e)
              throws IOException {
            Files.deleteIfExists(dir);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
