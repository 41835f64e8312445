package io.doceph.backend.loop;

import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeName;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The sparse files. A file is made under a private name and then linked to its own: as long as the
 * private name is there and means the same file, the file is provably ours and may be undone.
 */
final class DataFile {
  private final Path workshop;

  DataFile(Path workshop) {
    this.workshop = workshop;
  }

  /** Makes a sparse file of a size that only root can read. */
  void create(VolumeName name, Path file, long bytes) {
    Path fresh = fresh(name);
    try {
      Files.deleteIfExists(fresh);
      Files.createFile(
          fresh,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      lengthen(fresh, bytes);
      Files.createLink(file, fresh);
    } catch (FileAlreadyExistsException e) {
      throw new VolumeError(
          VolumeError.Code.CONFLICT,
          file + " exists and is no volume of doceph's; move it away or choose another name",
          e);
    } catch (IOException e) {
      throw failed("cannot make the file " + file, e);
    }
  }

  /** The description says that the file is ours: the private name has done its work. */
  void settled(VolumeName name) {
    try {
      Files.deleteIfExists(fresh(name));
    } catch (IOException e) {
      throw failed("cannot remove " + fresh(name), e);
    }
  }

  /** Removes what an interrupted {@link #create} made, and nothing else. */
  void undo(VolumeName name, Path file) {
    Path fresh = fresh(name);
    try {
      if (!Files.exists(fresh)) {
        return;
      }
      if (Files.exists(file) && Files.isSameFile(fresh, file)) {
        Files.delete(file);
      }
      Files.delete(fresh);
    } catch (IOException e) {
      throw failed("cannot remove " + file, e);
    }
  }

  /** Makes a file larger; one that is large enough stays as it is. */
  void extend(Path file, long bytes) {
    try {
      if (Files.size(file) < bytes) {
        lengthen(file, bytes);
      }
    } catch (IOException e) {
      throw failed("cannot make " + file + " larger", e);
    }
  }

  private static void lengthen(Path file, long bytes) throws IOException {
    try (RandomAccessFile data = new RandomAccessFile(file.toFile(), "rw")) {
      data.setLength(bytes);
      data.getFD().sync();
    }
  }

  private Path fresh(VolumeName name) {
    return workshop.resolve(name.value() + ".new");
  }

  private static VolumeError failed(String what, IOException e) {
    return new VolumeError(VolumeError.Code.FAILED, what + ": " + e.getMessage(), e);
  }
}
