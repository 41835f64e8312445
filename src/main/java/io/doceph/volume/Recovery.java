package io.doceph.volume;

import io.doceph.host.Filesystems;
import io.doceph.host.MountEntry;
import io.doceph.host.MountTable;
import io.doceph.host.process.Deadline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Brings registry, kernel and backends together after a start: the kernel's mount table wins, what
 * an earlier daemon left unfinished is finished or undone. Repeats are harmless; what fails now is
 * tried again with the next round.
 */
final class Recovery {
  private static final Logger LOG = Logger.getLogger(Recovery.class);
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final Machine machine;
  private final MountRegistry registry;
  private final Backends backends;
  private final Catalogue catalogue;
  private final Operations operations;
  private final Creator creator;
  private final Remover remover;
  private final Mounter mounter;

  Recovery(
      Machine machine,
      MountRegistry registry,
      Backends backends,
      Catalogue catalogue,
      Operations operations,
      Creator creator,
      Remover remover,
      Mounter mounter) {
    this.machine = machine;
    this.registry = registry;
    this.backends = backends;
    this.catalogue = catalogue;
    this.operations = operations;
    this.creator = creator;
    this.remover = remover;
    this.mounter = mounter;
  }

  /** Makes the registry agree with the kernel; quick, and done before anything is served. */
  void reconcileMounts() {
    for (MountRecord record : registry.all()) {
      if (!mounter.isTrue(record)) {
        LOG.warnf(
            "volume=%s: the registry says it is mounted at %s and the kernel does not: forgotten",
            record.volume(), record.mountpoint());
        registry.remove(record.volume());
      }
    }
    for (MountEntry entry : MountTable.self()) {
      if (machine.mountRoot().equals(entry.mountPoint().getParent())) {
        adopt(entry);
      }
    }
  }

  /** A mount of ours that the registry does not know: nobody holds it; the reaper decides. */
  private void adopt(MountEntry entry) {
    VolumeName name;
    try {
      name = new VolumeName(String.valueOf(entry.mountPoint().getFileName()));
    } catch (VolumeError e) {
      return; // no volume of ours
    }
    if (registry.get(name).isPresent()) {
      return;
    }
    LOG.warnf(
        "volume=%s: the kernel shows %s at %s and the registry does not: taken over",
        name, entry.source(), entry.mountPoint());
    registry.put(
        new MountRecord(
            name,
            backendOf(name, Path.of(entry.source())),
            entry.mountPoint(),
            Path.of(entry.source()),
            entry.majorMinor(),
            Instant.now(),
            Map.of()));
  }

  private String backendOf(VolumeName name, Path device) {
    for (VolumeBackend backend : backends.all().values()) {
      if (device.equals(attached(backend).get(name))) {
        return backend.name();
      }
    }
    return backends.all().keySet().iterator().next();
  }

  private static Map<VolumeName, Path> attached(VolumeBackend backend) {
    try {
      return backend.attached(Deadline.after(LIMIT));
    } catch (RuntimeException e) {
      LOG.warnf("backend=%s: cannot say what is attached: %s", backend.name(), e.getMessage());
      return Map.of();
    }
  }

  /** Finishes or undoes what is unfinished in a backend and is this daemon's. */
  void finishUnfinished(VolumeBackend backend) {
    List<String> done = new ArrayList<>();
    for (Found found : catalogue.all()) {
      Volume volume = found.volume();
      if (volume != null
          && volume.spec().backend().equals(backend.name())
          && volume.stage() != Volume.Stage.READY
          && volume.hostId().equals(machine.hostId())) {
        attempt(volume.name(), "recovery", () -> settle(volume.name(), done));
      }
    }
    detachLeftovers(backend, done);
    done.forEach(LOG::info);
  }

  /** Under the volume's lock: looks where the volume lives, because the catalogue may be behind. */
  private void settle(VolumeName name, List<String> done) {
    Deadline deadline = Deadline.after(LIMIT);
    Volume volume = backends.find(name, deadline).map(Found::volume).orElse(null);
    if (volume == null) {
      catalogue.remove(name);
    } else if (volume.hostId().equals(machine.hostId())) {
      settle(volume, deadline).ifPresent(done::add);
    }
  }

  /**
   * Finishes the removal or undoes the creation that a volume's stage tells of; the caller holds
   * its lock.
   *
   * @return what was done, if anything
   */
  Optional<String> settle(Volume volume, Deadline deadline) {
    VolumeBackend backend = backends.of(volume);
    String text;
    switch (volume.stage()) {
      case READY -> {
        return Optional.empty();
      }
      case REMOVING -> {
        Optional<Volume> undone =
            backend instanceof ClusterBackend cluster
                ? cluster.undoRemoval(volume, deadline)
                : Optional.empty();
        if (undone.isPresent()) {
          catalogue.put(Found.of(undone.get()), backend.name());
          return Optional.of(
              "volume="
                  + volume.name()
                  + ": its interrupted removal had taken nothing away and has been undone");
        }
        remover.finish(volume, backend, deadline);
        text = "volume=" + volume.name() + ": its interrupted removal has been finished";
      }
      default -> {
        creator.undo(volume, backend, deadline);
        text = "volume=" + volume.name() + ": its interrupted creation has been undone";
      }
    }
    catalogue.remove(volume.name());
    return Optional.of(text);
  }

  /** Unmounts what an earlier daemon was preparing; a create that runs is left alone. */
  void unmountWorkshop() {
    Path workshop = machine.runDir().resolve("prepare");
    for (MountEntry entry : MountTable.self()) {
      if (!workshop.equals(entry.mountPoint().getParent())) {
        continue;
      }
      String text = String.valueOf(entry.mountPoint().getFileName());
      if (!VolumeName.isValid(text)) {
        continue; // not ours
      }
      VolumeName name = new VolumeName(text);
      attempt(
          name,
          "recovery",
          () -> {
            workshopFilesystems().unmount(entry.mountPoint(), Deadline.after(LIMIT));
            try {
              Files.deleteIfExists(entry.mountPoint());
            } catch (IOException e) {
              LOG.debugf("cannot remove %s: %s", entry.mountPoint(), e.getMessage());
            }
            LOG.infof("volume=%s: unmounted from where it was being prepared", name);
          });
    }
  }

  /** What is prepared there may be on a device that hangs with a cluster. */
  private Filesystems workshopFilesystems() {
    boolean remote = backends.all().values().stream().anyMatch(VolumeBackend::isRemote);
    return remote ? machine.filesystems().onCeph() : machine.filesystems();
  }

  /** Devices that this daemon attached and that nothing uses. */
  private void detachLeftovers(VolumeBackend backend, List<String> done) {
    if (backend instanceof ClusterBackend cluster
        && cluster.recordedAttachments().stream().allMatch(n -> registry.get(n).isPresent())) {
      return; // no program is run in each round just to see that all is well
    }
    attached(backend)
        .forEach(
            (name, device) ->
                attempt(name, "recovery", () -> detachLeftover(backend, name, device, done)));
    if (backend instanceof ClusterBackend cluster) {
      cluster.recordedAttachments().stream()
          .filter(name -> registry.get(name).isEmpty())
          .forEach(name -> attempt(name, "recovery", () -> forgetAttachment(cluster, name)));
    }
  }

  /** What was written down and never came to be, or is gone: nothing is left to detach. */
  private void forgetAttachment(ClusterBackend cluster, VolumeName name) {
    Deadline deadline = Deadline.after(LIMIT);
    if (registry.get(name).isEmpty() && !cluster.attached(deadline).containsKey(name)) {
      cluster.detach(name, new Attachment.Device(Path.of("/dev/null")), deadline);
    }
  }

  private void detachLeftover(
      VolumeBackend backend, VolumeName name, Path device, List<String> done) {
    boolean used =
        registry.get(name).isPresent()
            || MountTable.self().stream().anyMatch(e -> e.source().equals(device.toString()));
    boolean ours =
        backend instanceof ClusterBackend || catalogue.get(name).map(Found::volume).isPresent();
    if (used || !ours || !device.equals(attached(backend).get(name))) {
      return;
    }
    backend.detach(name, new Attachment.Device(device), Deadline.after(LIMIT));
    done.add("volume=" + name + ": detached " + device + ", which nothing used");
  }

  private void attempt(VolumeName name, String kind, Runnable body) {
    try {
      operations.runIfFree(name, kind, LIMIT, body);
    } catch (RuntimeException e) {
      LOG.warnf("volume=%s: %s failed, tried again later: %s", name, kind, e.getMessage());
    }
  }
}
