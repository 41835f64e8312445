package io.doceph.backend.vfs;

import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeName;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Directories in the making. A directory is made under a private name with a mark in it and then
 * renamed to its own: as long as the mark is in it, it is provably ours and may be undone.
 */
final class FreshDirectory {
  private static final String MARK = ".doceph-fresh";

  private final Path workshop;

  FreshDirectory(Path workshop) {
    this.workshop = workshop;
  }

  /** Makes a marked directory; what is in its place already is refused and left. */
  void create(VolumeName name, Path data) throws IOException {
    Path fresh = fresh(name);
    remove(fresh);
    Files.createDirectories(fresh);
    Files.createFile(fresh.resolve(MARK));
    // The rename itself refuses all but an empty directory, which it would replace.
    if (Files.exists(data, LinkOption.NOFOLLOW_LINKS)) {
      throw new FileAlreadyExistsException(data.toString());
    }
    Files.move(fresh, data, StandardCopyOption.ATOMIC_MOVE);
  }

  /** The description says that the directory is ours: the mark has done its work. */
  void settled(Path data) throws IOException {
    Files.deleteIfExists(data.resolve(MARK));
  }

  /** Removes what an interrupted {@link #create} made, and nothing else. */
  void undo(VolumeName name, Path data) throws IOException {
    Path fresh = fresh(name);
    remove(fresh);
    if (Files.isDirectory(data, LinkOption.NOFOLLOW_LINKS)
        && Files.exists(data.resolve(MARK), LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectories(workshop);
      Files.move(data, fresh, StandardCopyOption.ATOMIC_MOVE);
      remove(fresh);
    }
  }

  /** Removes a directory of ours that was never handed out, and so is empty. */
  void removeEmpty(VolumeName name, Path data) throws IOException {
    remove(fresh(name));
    if (!Files.isDirectory(data, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    settled(data);
    try {
      Files.deleteIfExists(data);
    } catch (DirectoryNotEmptyException e) {
      throw new VolumeError(
          VolumeError.Code.FAILED,
          data
              + " is not empty although its volume was never handed out; look at what is in it and move it away",
          e);
    }
  }

  private Path fresh(VolumeName name) {
    return workshop.resolve(name.value());
  }

  private static void remove(Path fresh) throws IOException {
    Files.deleteIfExists(fresh.resolve(MARK));
    Files.deleteIfExists(fresh);
  }
}
