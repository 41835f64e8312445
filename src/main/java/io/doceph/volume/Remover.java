package io.doceph.volume;

import io.doceph.host.MountEntry;
import io.doceph.host.MountTable;
import io.doceph.host.process.Deadline;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** Removes volumes: the intention is written down, then the data goes, then the description. */
final class Remover {
  private final MountRegistry registry;
  private final Mountpoints mountpoints;
  private final CutPoints cuts;

  Remover(MountRegistry registry, Mountpoints mountpoints, CutPoints cuts) {
    this.registry = registry;
    this.mountpoints = mountpoints;
    this.cuts = cuts;
  }

  /** Refuses while the volume is used on this host. */
  void requireUnused(VolumeName name, VolumeBackend backend, Deadline deadline) {
    Optional<MountRecord> record = registry.get(name);
    if (record.isPresent()) {
      throw new VolumeError(
          VolumeError.Code.IN_USE,
          "volume "
              + name
              + " is mounted at "
              + record.get().mountpoint()
              + " for "
              + users(record.get())
              + "; stop the containers that use it first (`doceph inspect "
              + name
              + "` lists them)");
    }
    // What the registry does not know may still be mounted by hand, or in a container's namespace.
    Path device = backend.attached(deadline).get(name);
    if (device != null && isShown(device)) {
      throw new VolumeError(
          VolumeError.Code.IN_USE,
          "volume "
              + name
              + " is still mounted from "
              + device
              + ", here or in a container; unmount it or stop that container first");
    }
  }

  /** Refuses what is protected, and what the cluster or another host still needs. */
  void requireRemovable(Volume volume, VolumeBackend backend, Deadline deadline) {
    if (volume.spec().isProtected()) {
      throw new VolumeError(
          VolumeError.Code.IN_USE,
          "volume "
              + volume.name()
              + " is protected from being removed; `doceph unprotect "
              + volume.name()
              + "` first");
    }
    if (backend.removal() == Removal.REFUSE) {
      throw new VolumeError(
          VolumeError.Code.IN_USE,
          "volume "
              + volume.name()
              + " is not removed: on this host the backend "
              + backend.name()
              + " refuses all removals (doceph."
              + backend.name()
              + ".remove=refuse)");
    }
    if (backend instanceof ClusterBackend cluster && backend.removal() != Removal.KEEP) {
      cluster.requireRemovable(volume, deadline);
    }
  }

  /** Refuses while something is mounted inside a directory: it would be emptied with it. */
  void requireNothingMountedIn(Volume volume, VolumeBackend backend, Deadline deadline) {
    if (backend.isBlock()) {
      return;
    }
    Path directory;
    try {
      directory = backend.attach(volume, deadline).path().toRealPath();
    } catch (VolumeError | IOException e) {
      return; // there is no directory: nothing can be mounted in it
    }
    for (MountEntry entry : MountTable.self()) {
      if (entry.mountPoint().startsWith(directory)) {
        throw new VolumeError(
            VolumeError.Code.IN_USE,
            "volume "
                + volume.name()
                + " has "
                + entry.source()
                + " mounted in it at "
                + entry.mountPoint()
                + ", and its files would be removed too; unmount it first");
      }
    }
  }

  private static boolean isShown(Path device) {
    return MountTable.self().stream().anyMatch(e -> e.isOn(device))
        || !MountTable.elsewhere(e -> e.isOn(device)).isEmpty();
  }

  private static String users(MountRecord record) {
    int holders = record.holders().size();
    String held = holders + (holders == 1 ? " holder" : " holders");
    return Reaper.shownElsewhere(record).stream()
        .findFirst()
        .map(f -> held + ", and process " + f.pid() + " (" + f.command() + ") shows it")
        .orElse(held);
  }

  /** Writes the intention down: from here on it is no volume any more. */
  Volume begin(Volume volume, VolumeBackend backend, String hostId, Deadline deadline) {
    cuts.reached(CutPoint.REMOVE_BEGUN);
    Volume going = new Volume(volume.spec(), volume.createdAt(), Volume.Stage.REMOVING, hostId, 0);
    backend.describe(going, deadline);
    cuts.reached(CutPoint.REMOVE_DESCRIBED);
    return going;
  }

  /** Removes data, description and mountpoint of a volume whose removal is written down. */
  void finish(Volume going, VolumeBackend backend, Deadline deadline) {
    backend.removeData(going, deadline);
    cuts.reached(CutPoint.REMOVE_DATA);
    backend.forget(going.name(), deadline);
    cuts.reached(CutPoint.REMOVE_FORGOTTEN);
    removeMountpoint(going.name(), backend, deadline);
  }

  /** Removes the mountpoint of a volume that is gone from this host. */
  void removeMountpoint(VolumeName name, VolumeBackend backend, Deadline deadline) {
    if (backend.isBlock()) {
      mountpoints.remove(name, deadline);
    }
  }
}
