package io.doceph.backend.vfs;

import io.doceph.host.MountTable;
import io.doceph.host.process.Deadline;
import io.doceph.volume.Attachment;
import io.doceph.volume.DescriptionStore;
import io.doceph.volume.Found;
import io.doceph.volume.Volume;
import io.doceph.volume.VolumeBackend;
import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeName;
import io.doceph.volume.VolumeSpec;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One directory a volume under a path that may be an NFS mount: {@code PATH/NAME} holds the data,
 * {@code PATH/.doceph/NAME.json} the description. Uses neither locks nor anything else that NFS
 * does not keep; a name is taken by a hard link, data is made and removed by a rename.
 */
public final class VfsBackend implements VolumeBackend {
  private final Path path;
  private final boolean requireMount;
  private final DescriptionStore descriptions;
  private final FreshDirectory fresh;
  private final Trash trash;
  private final AtomicBoolean resumed = new AtomicBoolean();

  /**
   * A backend on a directory, which is made when it is not there.
   *
   * @param requireMount refuse to work while nothing is mounted at the path
   */
  public VfsBackend(Path path, boolean requireMount) {
    this.path = path;
    this.requireMount = requireMount;
    this.descriptions = new DescriptionStore(path.resolve(".doceph"));
    this.fresh = new FreshDirectory(path.resolve(".doceph").resolve("new"));
    this.trash = new Trash(path.resolve(".doceph").resolve("removed"));
  }

  @Override
  public String name() {
    return "vfs";
  }

  @Override
  public boolean isBlock() {
    return false;
  }

  @Override
  public boolean isShared() {
    return false;
  }

  @Override
  public Set<String> ownOptions() {
    return Set.of();
  }

  @Override
  public void check(VolumeSpec spec) {
    // A directory takes any size: it is recorded and shown, not enforced.
  }

  @Override
  public List<Found> list(Deadline deadline) {
    requireReachable();
    if (!resumed.getAndSet(true)) {
      trash.resume();
    }
    return descriptions.list();
  }

  @Override
  public Optional<Found> find(VolumeName name, Deadline deadline) {
    requireReachable();
    return descriptions.find(name);
  }

  @Override
  public boolean reserve(Volume volume, Deadline deadline) {
    requireReachable();
    descriptions.prepare();
    return descriptions.create(volume);
  }

  @Override
  public void describe(Volume volume, Deadline deadline) {
    requireReachable();
    descriptions.replace(volume);
    if (volume.stage() == Volume.Stage.CREATED) {
      try {
        fresh.settled(data(volume.name()));
      } catch (IOException e) {
        throw failed("cannot finish the directory " + data(volume.name()), e);
      }
    }
  }

  @Override
  public void createData(Volume volume, Deadline deadline) {
    requireReachable();
    try {
      fresh.create(volume.name(), data(volume.name()));
    } catch (FileAlreadyExistsException e) {
      throw new VolumeError(
          VolumeError.Code.CONFLICT,
          data(volume.name())
              + " exists and is no volume of doceph's; move it away or choose another name",
          e);
    } catch (IOException e) {
      throw failed("cannot make the directory " + data(volume.name()), e);
    }
  }

  @Override
  public void removeData(Volume volume, Deadline deadline) {
    requireReachable();
    Path data = data(volume.name());
    try {
      switch (volume.stage()) {
        case RESERVED -> fresh.undo(volume.name(), data);
        case CREATED -> fresh.removeEmpty(volume.name(), data);
        default -> trash.take(data, volume.name());
      }
    } catch (NoSuchFileException e) {
      // removed meanwhile, or before
    } catch (IOException e) {
      throw failed("cannot remove " + data, e);
    }
  }

  @Override
  public void forget(VolumeName name, Deadline deadline) {
    requireReachable();
    descriptions.remove(name);
  }

  @Override
  public Attachment attach(Volume volume, Deadline deadline) {
    requireReachable();
    Path data = data(volume.name());
    if (!Files.isDirectory(data, LinkOption.NOFOLLOW_LINKS)) {
      throw new VolumeError(
          VolumeError.Code.FAILED,
          "the directory "
              + data
              + " of volume "
              + volume.name()
              + " is gone; put it back, or remove the volume");
    }
    return new Attachment.Directory(data);
  }

  @Override
  public void detach(VolumeName name, Attachment attachment, Deadline deadline) {
    // A directory is always there.
  }

  @Override
  public void growData(Volume volume, long bytes, Deadline deadline) {
    // No size is enforced.
  }

  @Override
  public Map<VolumeName, Path> attached(Deadline deadline) {
    return Map.of();
  }

  @Override
  public long freeBytes(Deadline deadline) {
    try {
      return Files.getFileStore(path).getUsableSpace();
    } catch (IOException e) {
      return -1;
    }
  }

  private Path data(VolumeName name) {
    return path.resolve(name.value());
  }

  /**
   * An NFS path that is not mounted is an empty local directory: nothing may be concluded from it.
   */
  private void requireReachable() {
    if (requireMount && MountTable.at(path).isEmpty()) {
      throw new VolumeError(
          VolumeError.Code.UNAVAILABLE,
          "nothing is mounted at "
              + path
              + ", and doceph.vfs.require-mount is set; mount it, then try again");
    }
  }

  private static VolumeError failed(String what, IOException e) {
    return new VolumeError(VolumeError.Code.FAILED, what + ": " + e.getMessage(), e);
  }
}
