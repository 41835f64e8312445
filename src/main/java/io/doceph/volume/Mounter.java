package io.doceph.volume;

import io.doceph.host.Filesystem;
import io.doceph.host.Filesystems;
import io.doceph.host.MountEntry;
import io.doceph.host.MountTable;
import io.doceph.host.process.CommandFailure;
import io.doceph.host.process.Deadline;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Mounts and unmounts volumes and keeps the registry true to it. A path is only handed out when the
 * kernel's own table shows the volume's device there.
 */
final class Mounter {
  private static final Logger LOG = Logger.getLogger(Mounter.class);
  private static final Duration UNDO = Duration.ofSeconds(30);
  private static final Duration LETTING_GO_STEP = Duration.ofMillis(50);
  private static final int LETTING_GO_TRIES = 20;

  private final Machine machine;
  private final MountRegistry registry;
  private final Mountpoints mountpoints;
  private final Grower grower;
  private final CutPoints cuts;
  private final Consumer<Volume> grown;

  /** {@code grown} is told a volume whose interrupted grow a mount has finished. */
  Mounter(
      Machine machine,
      MountRegistry registry,
      Mountpoints mountpoints,
      Grower grower,
      CutPoints cuts,
      Consumer<Volume> grown) {
    this.machine = machine;
    this.registry = registry;
    this.mountpoints = mountpoints;
    this.grower = grower;
    this.cuts = cuts;
    this.grown = grown;
  }

  /** Mounts for one more holder. */
  Path mount(Volume volume, VolumeBackend backend, String id, Operation operation) {
    cuts.reached(CutPoint.MOUNT_BEGUN);
    Optional<MountRecord> known = registry.get(volume.name()).filter(this::isTrue);
    if (known.isPresent() && !backend.isBlock()) {
      // A directory is looked at again each time: its share may have been unmounted meanwhile.
      Attachment unused = backend.attach(volume, operation.deadline());
    }
    MountRecord record =
        known.isPresent()
            ? known.get()
            : fresh(volume, backend, operation.deadline())
                .heldBy(registry.get(volume.name()).map(MountRecord::holders).orElse(Map.of()));
    try {
      registry.put(record.acquire(id, registry.epoch()));
    } catch (RuntimeException e) {
      if (known.isEmpty()) {
        undo(backend, record, e);
      }
      throw e;
    }
    cuts.reached(CutPoint.MOUNT_RECORDED);
    if (!operation.commit()) {
      // Docker has given up and sends no Unmount: what succeeds now would be a leak.
      unmount(volume.name(), backend, id, Deadline.after(UNDO));
      throw new VolumeError(
          VolumeError.Code.TIMEOUT, "mount of volume " + volume.name() + " took too long");
    }
    return record.mountpoint();
  }

  /** Whether the kernel still has what a record says. */
  boolean isTrue(MountRecord record) {
    if (record.majorMinor() == null) {
      return true;
    }
    return MountTable.at(record.mountpoint())
        .filter(e -> e.majorMinor().equals(record.majorMinor()))
        .isPresent();
  }

  private MountRecord fresh(Volume volume, VolumeBackend backend, Deadline deadline) {
    Attachment attachment = backend.attach(volume, deadline);
    return switch (attachment) {
      case Attachment.Directory d -> record(volume, d.path(), null, null);
      case Attachment.Device d -> {
        try {
          yield mountDevice(volume, backend, d.path(), deadline);
        } catch (RuntimeException e) {
          detachAfter(e, volume, backend, attachment);
          throw e;
        }
      }
    };
  }

  private MountRecord mountDevice(
      Volume volume, VolumeBackend backend, Path device, Deadline deadline) {
    cuts.reached(CutPoint.MOUNT_ATTACHED);
    if (!backend.isRemote()) {
      requireFilesystem(volume, device);
    }
    Path mountpoint = mountpoints.prepare(volume.name(), deadline);
    Optional<MountEntry> already = MountTable.at(mountpoint);
    if (already.isEmpty()) {
      if (volume.growTo() != 0) {
        finishGrow(volume, () -> grower.finishAttached(volume, backend, device, deadline));
      }
      mountAt(mountpoint, volume, backend, device, deadline);
    }
    cuts.reached(CutPoint.MOUNT_MOUNTED);
    MountEntry entry =
        MountTable.at(mountpoint)
            .filter(e -> e.source().equals(device.toString()))
            .orElseThrow(
                () ->
                    new VolumeError(
                        VolumeError.Code.FAILED,
                        "the kernel does not show "
                            + device
                            + " at "
                            + mountpoint
                            + already.map(e -> " but " + e.source()).orElse("")
                            + "; unmount what is there, then try again"));
    MountRecord record = record(volume, mountpoint, device, entry.majorMinor());
    if (volume.growTo() != 0 && already.isPresent()) {
      finishGrow(volume, () -> grower.finishMounted(volume, backend, record, deadline));
    }
    return record;
  }

  private void mountAt(
      Path mountpoint, Volume volume, VolumeBackend backend, Path device, Deadline deadline) {
    VolumeSpec spec = volume.spec();
    Filesystems filesystems = machine.filesystems(backend);
    try {
      filesystems.mount(
          device, spec.blockFilesystem(), mountpoint, MountPlan.forUse(spec), deadline);
    } catch (CommandFailure e) {
      if (!backend.isRemote() || e.kind() != CommandFailure.Kind.EXIT) {
        throw e;
      }
      // Looked at only now, and by a program: the device may hang, and mostly all is well.
      Optional<String> there = filesystems.probe(device, deadline);
      if (there.filter(spec.blockFilesystem().wireName()::equals).isEmpty()) {
        throw wrongFilesystem(volume, device, there.orElse("nothing that blkid knows"));
      }
      throw e;
    }
  }

  /** A grow that cannot be finished now is no reason to keep a container from its data. */
  private void finishGrow(Volume volume, Supplier<Volume> grow) {
    try {
      grown.accept(grow.get());
    } catch (CommandFailure | VolumeError e) {
      if (Failures.isStuck(e)) {
        throw e;
      }
      LOG.warnf(
          "volume=%s: its interrupted grow could not be finished, tried again later: %s",
          volume.name(), e.getMessage());
    }
  }

  private static MountRecord record(
      Volume volume, Path mountpoint, @Nullable Path device, @Nullable String majorMinor) {
    return new MountRecord(
        volume.name(),
        volume.spec().backend(),
        mountpoint,
        device,
        majorMinor,
        Instant.now(),
        Map.of());
  }

  /** Reads the superblock: a volume is never formatted to make a Mount succeed. */
  private static void requireFilesystem(Volume volume, Path device) {
    Filesystem wanted = volume.spec().blockFilesystem();
    Optional<Filesystem> there = Filesystem.recognise(device);
    if (there.isEmpty() || there.get() != wanted) {
      throw wrongFilesystem(
          volume,
          device,
          there.map(Filesystem::wireName).orElse("no filesystem that doceph knows"));
    }
  }

  private static VolumeError wrongFilesystem(Volume volume, Path device, String there) {
    return new VolumeError(
        VolumeError.Code.FAILED,
        "volume "
            + volume.name()
            + " should hold "
            + volume.spec().blockFilesystem().wireName()
            + " and its device "
            + device
            + " holds "
            + there
            + "; it was neither mounted nor changed: look at it, or restore a backup");
  }

  private void undo(VolumeBackend backend, MountRecord record, RuntimeException cause) {
    try {
      release(backend, record, Deadline.after(UNDO));
    } catch (RuntimeException e) {
      cause.addSuppressed(e);
    }
  }

  private void detachAfter(
      RuntimeException cause, Volume volume, VolumeBackend backend, Attachment attachment) {
    if (Failures.isStuck(cause)) {
      return; // still being used; recovery detaches it
    }
    try {
      Deadline deadline = Deadline.after(UNDO);
      boolean ours =
          mountpoints
              .mounted(volume.name())
              .filter(e -> e.source().equals(attachment.path().toString()))
              .isPresent();
      if (ours) {
        machine.filesystems(backend).unmount(mountpoints.of(volume.name()), deadline);
      }
      backend.detach(volume.name(), attachment, deadline);
    } catch (RuntimeException e) {
      cause.addSuppressed(e);
    }
  }

  /** Gives one reference back, and unmounts when it was the last. */
  void unmount(VolumeName volume, VolumeBackend backend, String id, Deadline deadline) {
    cuts.reached(CutPoint.UNMOUNT_BEGUN);
    Optional<MountRecord> known = registry.get(volume);
    if (known.isEmpty() || !known.get().holders().containsKey(id)) {
      LOG.infof(
          "volume=%s mountId=%s: unmount of a reference that is not known; nothing to do",
          volume, id);
      return;
    }
    MountRecord left = known.get().release(id);
    // Those whose own Unmount failed earlier hold it no more.
    if (left.holders().values().stream().anyMatch(h -> !h.released())) {
      registry.put(left);
      return;
    }
    registry.put(known.get().markReleased(id));
    cuts.reached(CutPoint.UNMOUNT_RECORDED);
    if (isStillShown(known.get())) {
      LOG.infof(
          "volume=%s mountId=%s: the last reference is gone and a container still shows the volume:"
              + " unmounted when that ends",
          volume, id);
      return;
    }
    release(backend, known.get(), deadline);
  }

  /**
   * Whether a container has the volume although nobody holds it: docker cp into a container that
   * outlived its dockerd (live-restore) mounts with the container's ID and gives it back. A
   * container that has just ended may take a moment to let go.
   */
  private static boolean isStillShown(MountRecord record) {
    for (int tries = 0; tries < LETTING_GO_TRIES; tries++) {
      if (Reaper.shownElsewhere(record).isEmpty()) {
        return false;
      }
      try {
        Thread.sleep(LETTING_GO_STEP);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return true;
      }
    }
    return true;
  }

  /** Unmounts, detaches and forgets, whoever held it. */
  void release(VolumeBackend backend, MountRecord record, Deadline deadline) {
    if (record.device() != null) {
      if (isTrue(record)) {
        try {
          machine.filesystems(backend).unmount(record.mountpoint(), deadline);
        } catch (CommandFailure e) {
          throw Busy.explain(record.volume(), record.mountpoint(), e);
        }
      }
      cuts.reached(CutPoint.UNMOUNT_UNMOUNTED);
      backend.detach(record.volume(), new Attachment.Device(record.device()), deadline);
    }
    cuts.reached(CutPoint.UNMOUNT_DETACHED);
    registry.remove(record.volume());
    cuts.reached(CutPoint.UNMOUNT_FORGOTTEN);
  }
}
