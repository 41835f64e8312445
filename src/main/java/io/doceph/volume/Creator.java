package io.doceph.volume;

import io.doceph.host.Filesystems;
import io.doceph.host.MountTable;
import io.doceph.host.process.Deadline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jboss.logging.Logger;

/**
 * Makes volumes: reserve, data, description, filesystem, ready. Each step is written down before
 * the next begins, so that whatever cuts it short leaves something that {@link #undo} takes away.
 */
final class Creator {
  private static final Logger LOG = Logger.getLogger(Creator.class);
  private static final Duration UNDO = Duration.ofSeconds(40);

  private final Machine machine;
  private final CutPoints cuts;
  private final Path workshop;

  Creator(Machine machine, CutPoints cuts) {
    this.machine = machine;
    this.cuts = cuts;
    this.workshop = machine.runDir().resolve("prepare");
  }

  /**
   * Makes a volume whose name is free.
   *
   * @return the volume, ready
   */
  Volume create(Volume reserved, VolumeBackend backend, Operation operation) {
    Deadline deadline = operation.deadline();
    cuts.reached(CutPoint.CREATE_BEGUN);
    if (!backend.reserve(reserved, deadline)) {
      throw new VolumeError(
          VolumeError.Code.BUSY,
          "another host is creating volume " + reserved.name() + "; try again when it has ended");
    }
    Volume now = reserved;
    try {
      cuts.reached(CutPoint.CREATE_RESERVED);
      backend.createData(now, deadline);
      cuts.reached(CutPoint.CREATE_DATA);
      now = now.at(Volume.Stage.CREATED);
      backend.describe(now, deadline);
      cuts.reached(CutPoint.CREATE_DESCRIBED);
      prepareData(now, backend, deadline);
      now = now.at(Volume.Stage.READY);
      backend.describe(now, deadline);
      cuts.reached(CutPoint.CREATE_READY);
      if (!operation.commit()) {
        throw new VolumeError(
            VolumeError.Code.TIMEOUT, "create of volume " + now.name() + " took too long");
      }
      return now;
    } catch (RuntimeException e) {
      undoAfter(e, now, backend);
      throw e;
    }
  }

  private void undoAfter(RuntimeException cause, Volume volume, VolumeBackend backend) {
    if (Failures.isStuck(cause)) {
      LOG.warnf(
          "volume=%s: %s; the unfinished volume is undone when the command has ended",
          volume.name(), cause.getMessage());
      return; // recovery undoes it: touching it now could hang as well
    }
    try {
      Deadline deadline = Deadline.after(UNDO);
      Volume unready = volume;
      if (volume.stage() == Volume.Stage.READY) {
        // Written down first: cut off here, nothing may look ready and be half gone.
        unready = volume.at(Volume.Stage.CREATED);
        backend.describe(unready, deadline);
      }
      undo(unready, backend, deadline);
    } catch (RuntimeException e) {
      cause.addSuppressed(e);
      LOG.warnf(
          "volume=%s: its unfinished creation could not be undone yet: %s",
          volume.name(), e.getMessage());
    }
  }

  /** Takes away what an unfinished create of this daemon left; nobody has ever been given it. */
  void undo(Volume volume, VolumeBackend backend, Deadline deadline) {
    Path place = place(volume.name());
    if (MountTable.at(place).isPresent()) {
      machine.filesystems(backend).unmount(place, deadline);
    }
    removePlace(place);
    backend.removeData(volume, deadline);
    backend.forget(volume.name(), deadline);
  }

  private void prepareData(Volume volume, VolumeBackend backend, Deadline deadline) {
    Attachment attachment = backend.attach(volume, deadline);
    cuts.reached(CutPoint.CREATE_ATTACHED);
    switch (attachment) {
      case Attachment.Directory d -> RootDirectory.prepare(d.path(), volume.spec().root());
      case Attachment.Device d -> {
        try {
          format(volume, backend, d.path(), deadline);
        } catch (RuntimeException e) {
          detachQuietly(volume, backend, attachment, e);
          throw e;
        }
        backend.detach(volume.name(), attachment, deadline);
        cuts.reached(CutPoint.CREATE_DETACHED);
      }
    }
  }

  private void format(Volume volume, VolumeBackend backend, Path device, Deadline deadline) {
    VolumeSpec spec = volume.spec();
    Filesystems filesystems = machine.filesystems(backend);
    // It probes the device first and refuses one that is not blank.
    filesystems.make(device, spec.blockFilesystem(), spec.mkfs(), deadline);
    cuts.reached(CutPoint.CREATE_FORMATTED);
    if (!RootDirectory.needsPreparing(spec)) {
      return;
    }
    Path place = place(volume.name());
    try {
      Files.createDirectories(place);
      filesystems.mount(
          device, spec.blockFilesystem(), place, MountPlan.forPreparing(spec), deadline);
      try {
        cuts.reached(CutPoint.CREATE_ROOT_MOUNTED);
        RootDirectory.prepare(place, spec.root());
        cuts.reached(CutPoint.CREATE_ROOT_PREPARED);
      } finally {
        filesystems.unmount(place, deadline);
      }
    } catch (IOException e) {
      throw Failures.ofFile("cannot make the directory " + place, e);
    }
    removePlace(place);
  }

  private static void detachQuietly(
      Volume volume, VolumeBackend backend, Attachment attachment, RuntimeException cause) {
    if (Failures.isStuck(cause)) {
      return; // the device is still being used
    }
    try {
      backend.detach(volume.name(), attachment, Deadline.after(UNDO));
    } catch (RuntimeException e) {
      cause.addSuppressed(e);
    }
  }

  private Path place(VolumeName name) {
    return workshop.resolve(name.value());
  }

  private static void removePlace(Path place) {
    try {
      Files.deleteIfExists(place);
    } catch (IOException e) {
      LOG.debugf("cannot remove %s: %s", place, e.getMessage()); // empty; made again when needed
    }
  }
}
