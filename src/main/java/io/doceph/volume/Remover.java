package io.doceph.volume;

import io.doceph.host.process.Deadline;
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
  void requireUnused(VolumeName name) {
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
    if (backend.isBlock()) {
      mountpoints.remove(going.name(), deadline);
    }
  }
}
