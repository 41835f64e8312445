package io.doceph.observe;

import io.doceph.config.DocephConfig;
import io.doceph.host.MountTable;
import io.doceph.host.process.Deadline;
import io.doceph.volume.MountRecord;
import io.doceph.volume.Volume;
import io.doceph.volume.VolumeBackend;
import io.doceph.volume.VolumeName;
import io.doceph.volume.VolumeService;
import io.doceph.volume.VolumeView;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Whether registry, kernel and backends tell the same story, and what is left over. */
final class LeftoverChecks {
  private final DocephConfig config;
  private final VolumeService service;

  LeftoverChecks(DocephConfig config, VolumeService service) {
    this.config = config;
    this.service = service;
  }

  List<Check> all() {
    List<Check> checks = new ArrayList<>();
    registry(checks);
    mounts(checks);
    service.backends().values().forEach(b -> attachments(b, checks));
    volumes(checks);
    service
        .registryProblems()
        .forEach(
            p ->
                checks.add(
                    Check.warning(
                        "mount registry", p, "nothing: the kernel's own table has replaced it")));
    return checks;
  }

  private void registry(List<Check> checks) {
    long wrong = 0;
    for (MountRecord record : service.mounts()) {
      if (!service.isMounted(record)) {
        wrong++;
        checks.add(
            Check.problem(
                "registry and kernel",
                "volume "
                    + record.volume()
                    + " should be mounted at "
                    + record.mountpoint()
                    + " and the kernel does not show it: somebody unmounted it",
                "restart the containers that use it; the next mount mends it"));
      }
    }
    if (wrong == 0) {
      checks.add(
          Check.ok(
              "registry and kernel", service.mounts().size() + " mounted, as the kernel has it"));
    }
  }

  private void mounts(List<Check> checks) {
    Path root = service.mountRoot();
    Set<Path> known =
        service.mounts().stream().map(MountRecord::mountpoint).collect(Collectors.toSet());
    MountTable.self().stream()
        .filter(e -> root.equals(e.mountPoint().getParent()) && !known.contains(e.mountPoint()))
        .forEach(
            e ->
                checks.add(
                    Check.warning(
                        "left-over mount",
                        e.source() + " at " + e.mountPoint() + " belongs to no volume",
                        "umount " + e.mountPoint() + ", when nothing uses it")));
  }

  private void attachments(VolumeBackend backend, List<Check> checks) {
    Set<VolumeName> used = new TreeSet<>();
    service.mounts().forEach(m -> used.add(m.volume()));
    service.running().forEach(r -> used.add(r.volume()));
    Map<VolumeName, Path> attached = backend.attached(Deadline.after(Duration.ofSeconds(10)));
    attached.forEach(
        (name, device) -> {
          if (!used.contains(name)) {
            checks.add(
                Check.warning(
                    "left-over device",
                    device + " holds volume " + name + ", which is not mounted",
                    "nothing: doceph detaches it within " + config.refreshInterval().duration()));
          }
        });
  }

  private void volumes(List<Check> checks) {
    for (VolumeView view : service.list()) {
      if (view.problem() != null) {
        checks.add(
            Check.problem(
                "volume " + view.name(),
                view.problem(),
                "see `doceph inspect " + view.name() + "`"));
      }
    }
    for (Volume volume : service.unfinished()) {
      checks.add(
          Check.warning(
              "unfinished volume",
              "volume "
                  + volume.name()
                  + " is "
                  + volume.stage().text()
                  + " since "
                  + volume.createdAt()
                  + " by the daemon "
                  + volume.hostId(),
              "start the doceph of that host: it finishes or undoes it"));
    }
  }
}
