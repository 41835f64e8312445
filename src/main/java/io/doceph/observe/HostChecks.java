package io.doceph.observe;

import io.doceph.config.ByteSize;
import io.doceph.config.DocephConfig;
import io.doceph.host.process.Deadline;
import io.doceph.volume.VolumeBackend;
import io.doceph.volume.VolumeService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The kernel, the mount namespace, the backends and their free space. */
final class HostChecks {
  private static final long LITTLE_SPACE = 5 * ByteSize.GIB;

  private final DocephConfig config;
  private final VolumeService service;

  HostChecks(DocephConfig config, VolumeService service) {
    this.config = config;
    this.service = service;
  }

  List<Check> all() {
    List<Check> checks = new ArrayList<>();
    checks.add(kernel());
    boolean block = service.backends().values().stream().anyMatch(VolumeBackend::isBlock);
    if (block) {
      checks.add(filesystem(config.filesystem()));
      checks.add(namespace());
    }
    if (service.backends().containsKey("loop")) {
      checks.add(loopControl());
    }
    service.backends().values().forEach(b -> checks.add(backend(b)));
    service.backends().values().forEach(b -> space(b, checks));
    return checks;
  }

  private static Check kernel() {
    try {
      return Check.ok("kernel", Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip());
    } catch (IOException e) {
      return Check.warning("kernel", "/proc/sys cannot be read", "mount /proc");
    }
  }

  private static Check filesystem(String name) {
    String what = "kernel filesystem " + name;
    try {
      boolean known =
          Files.readAllLines(Path.of("/proc/filesystems")).stream()
              .anyMatch(l -> l.strip().endsWith(name));
      return known
          ? Check.ok(what, "known to the kernel")
          : Check.warning(
              what,
              "not loaded yet; mounting loads it if the module is installed",
              "modprobe " + name + ", to see whether it can be");
    } catch (IOException e) {
      return Check.warning(what, "/proc/filesystems cannot be read", "mount /proc");
    }
  }

  private Check namespace() {
    String what = "mounts reach Docker";
    return service
        .mountRefusal()
        .map(why -> Check.problem(what, why, "see docs/operations.md, mount namespace"))
        .orElseGet(() -> Check.ok(what, "doceph's mount namespace is the host's"));
  }

  private static Check loopControl() {
    String what = "loop devices";
    return Files.exists(Path.of("/dev/loop-control"))
        ? Check.ok(what, "/dev/loop-control is there")
        : Check.problem(what, "/dev/loop-control is missing", "modprobe loop");
  }

  private Check backend(VolumeBackend backend) {
    String what = "backend " + backend.name();
    return service
        .backendProblem(backend.name())
        .map(why -> Check.problem(what, why, "doceph goes on by itself when it answers again"))
        .orElseGet(() -> Check.ok(what, "answers"));
  }

  private static void space(VolumeBackend backend, List<Check> checks) {
    long free = backend.freeBytes(Deadline.after(Duration.ofSeconds(5)));
    if (free < 0) {
      return;
    }
    String what = "free space of " + backend.name();
    String text = new ByteSize(free >> 20 << 20) + " free";
    checks.add(
        free >= LITTLE_SPACE
            ? Check.ok(what, text)
            : Check.warning(what, text, "make room, or move the backend's path to a larger disk"));
  }
}
