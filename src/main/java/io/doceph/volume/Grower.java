package io.doceph.volume;

import io.doceph.config.ByteSize;
import io.doceph.host.Filesystem;
import io.doceph.host.Filesystems;
import io.doceph.host.process.Deadline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Makes volumes larger: data, device, filesystem. The new size is written down first; an
 * interrupted grow is finished by the next Mount or the next grow.
 */
final class Grower {
  /** The kernel resizes no btrfs to less, although mkfs makes smaller ones. */
  private static final long BTRFS_SMALLEST = 256L << 20;

  private final Machine machine;
  private final CutPoints cuts;

  Grower(Machine machine, CutPoints cuts) {
    this.machine = machine;
    this.cuts = cuts;
  }

  /**
   * Grows a volume, mounted or not.
   *
   * @return the volume with its new size
   */
  Volume grow(
      Volume volume,
      VolumeBackend backend,
      ByteSize size,
      Optional<MountRecord> mounted,
      Deadline deadline) {
    if (!backend.isBlock()) {
      throw new VolumeError(
          VolumeError.Code.INVALID,
          "volume "
              + volume.name()
              + " is a directory and has no size to grow: its limit is the disk's");
    }
    long current = Math.max(volume.spec().sizeBytes(), volume.growTo());
    if (size.bytes() < current) {
      throw new VolumeError(
          VolumeError.Code.INVALID,
          "volume "
              + volume.name()
              + " has "
              + new ByteSize(current)
              + " and "
              + size
              + " was asked for: volumes never shrink; make a smaller one and copy the files");
    }
    if (volume.spec().isReadOnly()) {
      throw new VolumeError(
          VolumeError.Code.INVALID,
          "volume "
              + volume.name()
              + " is read-only and its filesystem cannot grow; `doceph access "
              + volume.name()
              + " rw` first, when no host has it mounted");
    }
    if (size.bytes() == volume.spec().sizeBytes() && volume.growTo() == 0) {
      return volume;
    }
    if (volume.spec().blockFilesystem() == Filesystem.BTRFS && size.bytes() < BTRFS_SMALLEST) {
      throw new VolumeError(
          VolumeError.Code.INVALID,
          "volume "
              + volume.name()
              + " has btrfs, which grows to "
              + new ByteSize(BTRFS_SMALLEST)
              + " or more, and "
              + size
              + " was asked for");
    }
    Volume growing = volume.growing(size.bytes());
    backend.describe(growing, deadline);
    cuts.reached(CutPoint.GROW_DESCRIBED);
    try {
      backend.growData(growing, size.bytes(), deadline);
    } catch (VolumeError e) {
      notGrown(volume, backend, deadline, e);
      throw e;
    }
    return mounted.isPresent()
        ? finishMounted(growing, backend, mounted.get(), deadline)
        : finishOffline(growing, backend, deadline);
  }

  /** There is nothing to finish; but a command that is stuck may be obeyed yet. */
  private static void notGrown(
      Volume volume, VolumeBackend backend, Deadline deadline, VolumeError cause) {
    if (Failures.isStuck(cause)) {
      return;
    }
    try {
      backend.describe(volume, deadline);
    } catch (RuntimeException e) {
      cause.addSuppressed(e);
    }
  }

  /** Finishes a grow that is written down, while the volume is mounted. */
  Volume finishMounted(
      Volume volume, VolumeBackend backend, MountRecord record, Deadline deadline) {
    Path device = record.device();
    if (device == null) {
      throw new IllegalStateException("a directory does not grow");
    }
    backend.growData(volume, volume.growTo(), deadline);
    cuts.reached(CutPoint.GROW_DATA);
    machine
        .filesystems(backend)
        .grow(volume.spec().blockFilesystem(), device, record.mountpoint(), deadline);
    return finished(volume, backend, deadline);
  }

  /**
   * Finishes a grow that is written down, while the volume is attached and not mounted: that works
   * everywhere, and a mounted ext4 grows only with CAP_SYS_RESOURCE.
   */
  Volume finishAttached(Volume volume, VolumeBackend backend, Path device, Deadline deadline) {
    backend.growData(volume, volume.growTo(), deadline);
    cuts.reached(CutPoint.GROW_DATA);
    growUnmounted(volume, backend, device, deadline);
    return finished(volume, backend, deadline);
  }

  private Volume finishOffline(Volume volume, VolumeBackend backend, Deadline deadline) {
    backend.growData(volume, volume.growTo(), deadline);
    cuts.reached(CutPoint.GROW_DATA);
    Attachment attachment = backend.attach(volume, deadline);
    try {
      growUnmounted(volume, backend, attachment.path(), deadline);
    } catch (RuntimeException e) {
      if (!Failures.isStuck(e)) {
        backend.detach(volume.name(), attachment, deadline);
      }
      throw e;
    }
    backend.detach(volume.name(), attachment, deadline);
    return finished(volume, backend, deadline);
  }

  /** ext4 grows while it is not mounted, after a check; xfs and btrfs only while they are. */
  private void growUnmounted(Volume volume, VolumeBackend backend, Path device, Deadline deadline) {
    Filesystem filesystem = volume.spec().blockFilesystem();
    Filesystems filesystems = machine.filesystems(backend);
    if (filesystem == Filesystem.EXT4) {
      filesystems.check(filesystem, device, deadline);
      filesystems.grow(filesystem, device, device, deadline);
      return;
    }
    Path place = machine.runDir().resolve("prepare").resolve(volume.name().value());
    try {
      Files.createDirectories(place);
      filesystems.mount(device, filesystem, place, MountPlan.forPreparing(volume.spec()), deadline);
      try {
        filesystems.grow(filesystem, device, place, deadline);
      } catch (RuntimeException e) {
        unmountAfter(e, filesystems, place, deadline);
        throw e;
      }
      filesystems.unmount(place, deadline);
      Files.deleteIfExists(place);
    } catch (IOException e) {
      throw Failures.ofFile("cannot mount volume " + volume.name() + " to grow it", e);
    }
  }

  private static void unmountAfter(
      RuntimeException cause, Filesystems filesystems, Path place, Deadline deadline) {
    if (Failures.isStuck(cause)) {
      return; // it is still being used
    }
    try {
      filesystems.unmount(place, deadline);
    } catch (RuntimeException e) {
      cause.addSuppressed(e);
    }
  }

  private Volume finished(Volume volume, VolumeBackend backend, Deadline deadline) {
    cuts.reached(CutPoint.GROW_FILESYSTEM);
    // What another host has changed of it meanwhile is kept.
    Volume now =
        backend
            .find(volume.name(), deadline)
            .map(Found::volume)
            .filter(v -> v.createdAt().equals(volume.createdAt()))
            .orElse(volume);
    Volume done = now.with(now.spec().withSize(new ByteSize(volume.growTo()))).growing(0);
    backend.describe(done, deadline);
    return done;
  }
}
