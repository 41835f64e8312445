package io.doceph.backend.loop;

import io.doceph.host.LoopDevices;
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
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One sparse file a volume behind a loop device: {@code PATH/NAME.img} holds the data, {@code
 * PATH/.doceph/NAME.json} the description. The size is enforced. The files must be on a filesystem
 * of this host: two hosts must never attach one file.
 */
public final class LoopBackend implements VolumeBackend {
  private static final String SUFFIX = ".img";

  private final Path path;
  private final LoopDevices devices;
  private final DescriptionStore descriptions;
  private final DataFile files;

  /** A backend on a directory, which is made when it is not there. */
  public LoopBackend(Path path, LoopDevices devices) {
    this.path = path;
    this.devices = devices;
    this.descriptions = new DescriptionStore(path.resolve(".doceph"));
    this.files = new DataFile(path.resolve(".doceph"));
  }

  @Override
  public String name() {
    return "loop";
  }

  @Override
  public boolean isBlock() {
    return true;
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
    // The service has checked the filesystem's minimum; a sparse file has no other limit.
  }

  @Override
  public List<Found> list(Deadline deadline) {
    return descriptions.list();
  }

  @Override
  public Optional<Found> find(VolumeName name, Deadline deadline) {
    return descriptions.find(name);
  }

  @Override
  public boolean reserve(Volume volume, Deadline deadline) {
    descriptions.prepare();
    return descriptions.create(volume);
  }

  @Override
  public void describe(Volume volume, Deadline deadline) {
    descriptions.replace(volume);
    if (volume.stage() == Volume.Stage.CREATED) {
      files.settled(volume.name());
    }
  }

  @Override
  public void createData(Volume volume, Deadline deadline) {
    files.create(volume.name(), data(volume.name()), volume.spec().sizeBytes());
  }

  @Override
  public void removeData(Volume volume, Deadline deadline) {
    if (volume.stage() == Volume.Stage.RESERVED) {
      files.undo(volume.name(), data(volume.name()));
      return;
    }
    Optional<Path> device = devices.find(data(volume.name()));
    if (device.isPresent()) {
      devices.detach(device.get(), deadline);
    }
    files.settled(volume.name());
    try {
      Files.deleteIfExists(data(volume.name()));
    } catch (IOException e) {
      throw failed("cannot remove " + data(volume.name()), e);
    }
  }

  @Override
  public void forget(VolumeName name, Deadline deadline) {
    descriptions.remove(name);
  }

  @Override
  public Attachment attach(Volume volume, Deadline deadline) {
    Path file = data(volume.name());
    try {
      long size = Files.size(file);
      if (size < volume.spec().sizeBytes() && volume.growTo() == 0) {
        throw new VolumeError(
            VolumeError.Code.FAILED,
            file
                + " has "
                + size
                + " bytes and should have "
                + volume.spec().sizeBytes()
                + ": it was cut off; restore it from a backup");
      }
    } catch (NoSuchFileException e) {
      throw new VolumeError(
          VolumeError.Code.FAILED,
          "the file "
              + file
              + " of volume "
              + volume.name()
              + " is gone; put it back, or remove the volume",
          e);
    } catch (IOException e) {
      throw failed("cannot read " + file, e);
    }
    Optional<Path> known = devices.find(file);
    return new Attachment.Device(known.isPresent() ? known.get() : devices.attach(file, deadline));
  }

  @Override
  public void detach(VolumeName name, Attachment attachment, Deadline deadline) {
    devices.detach(attachment.path(), deadline);
  }

  @Override
  public void growData(Volume volume, long bytes, Deadline deadline) {
    Path file = data(volume.name());
    files.extend(file, bytes);
    Optional<Path> device = devices.find(file);
    if (device.isPresent()) {
      devices.refreshSize(device.get(), deadline);
    }
  }

  @Override
  public Map<VolumeName, Path> attached(Deadline deadline) {
    Map<VolumeName, Path> found = new HashMap<>();
    for (LoopDevices.Loop loop : devices.list()) {
      Path file = loop.backingFile();
      String text = String.valueOf(file.getFileName());
      if (path.equals(file.getParent()) && text.endsWith(SUFFIX)) {
        String name = text.substring(0, text.length() - SUFFIX.length());
        if (VolumeName.isValid(name)) {
          found.put(new VolumeName(name), loop.device());
        }
      }
    }
    return found;
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
    return path.resolve(name.value() + SUFFIX);
  }

  private static VolumeError failed(String what, IOException e) {
    return new VolumeError(VolumeError.Code.FAILED, what + ": " + e.getMessage(), e);
  }
}
