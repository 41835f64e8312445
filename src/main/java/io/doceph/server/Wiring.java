package io.doceph.server;

import io.doceph.backend.loop.LoopBackend;
import io.doceph.backend.rbd.RbdBackend;
import io.doceph.backend.rbd.RbdSettings;
import io.doceph.backend.vfs.VfsBackend;
import io.doceph.config.AbsolutePath;
import io.doceph.config.DocephConfig;
import io.doceph.host.BootId;
import io.doceph.host.Filesystem;
import io.doceph.host.Filesystems;
import io.doceph.host.Immutable;
import io.doceph.host.LoopDevices;
import io.doceph.host.Tools;
import io.doceph.host.process.CommandClass;
import io.doceph.host.process.ProcessRunner;
import io.doceph.host.process.RunLimits;
import io.doceph.observe.Meters;
import io.doceph.volume.CutPoints;
import io.doceph.volume.Machine;
import io.doceph.volume.Removal;
import io.doceph.volume.SpecParser;
import io.doceph.volume.VolumeBackend;
import io.doceph.volume.VolumeService;
import jakarta.enterprise.context.Dependent;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Puts the daemon together: the one place that knows every room. */
@Dependent
class Wiring {
  @Produces
  @Singleton
  Meters meters(@ConfigProperty(name = "quarkus.application.version") String version) {
    return new Meters(version);
  }

  @Produces
  @Singleton
  Tools tools(DocephConfig config) {
    return new Tools(configured(config.tools()));
  }

  @Produces
  @Singleton
  ProcessRunner processes(DocephConfig config, Meters meters) {
    return new ProcessRunner(
        new RunLimits(
            Map.of(
                CommandClass.LOCAL, config.limits().localCommands(),
                CommandClass.FORMAT, config.limits().formatCommands(),
                CommandClass.CEPH, config.limits().cephCommands())),
        (program, group, outcome, took) -> meters.commandEnded(program, outcome, took));
  }

  @Produces
  @Singleton
  VolumeService service(DocephConfig config, Tools tools, ProcessRunner runner, Meters meters) {
    Path stateDir = config.stateDir().path();
    Machine machine =
        new Machine(
            new Filesystems(tools, runner),
            new Immutable(tools, runner),
            real(config.mountRoot().path()),
            real(config.runDir().path()),
            stateDir,
            BootId.read(),
            hostId(stateDir));
    DocephConfig.Limits limits = config.limits();
    VolumeService service =
        new VolumeService(
            machine,
            backends(config, machine, tools, runner),
            byName ->
                new SpecParser(
                    byName,
                    config.backend(),
                    config.defaultSize(),
                    Filesystem.parse(config.filesystem())),
            new VolumeService.Times(
                limits.operations(),
                limits.longCall().duration(),
                limits.shortCall().duration(),
                limits.lockWait().duration(),
                config.refreshInterval().duration(),
                config.reaper().interval().duration(),
                config.reaper().grace().duration()),
            CutPoints.of(config.fault().killAt().orElse(null), stateDir),
            meters::operationEnded);
    meters.watch(service, runner);
    return service;
  }

  private static List<VolumeBackend> backends(
      DocephConfig config, Machine machine, Tools tools, ProcessRunner runner) {
    List<VolumeBackend> backends = new ArrayList<>();
    for (String name : config.backends().orElseGet(() -> enabledByDefault(config))) {
      backends.add(
          switch (name) {
            case "vfs" -> new VfsBackend(config.vfs().path().path(), config.vfs().requireMount());
            case "loop" ->
                new LoopBackend(real(config.loop().path().path()), new LoopDevices(tools, runner));
            case "rbd" -> new RbdBackend(rbdSettings(config, machine), tools, runner);
            default -> throw new IllegalStateException("the configuration let " + name + " pass");
          });
    }
    return backends;
  }

  private static List<String> enabledByDefault(DocephConfig config) {
    boolean rbd = config.backend().equals("rbd") || Files.exists(config.rbd().conf().path());
    return rbd ? List.of("vfs", "loop", "rbd") : List.of("vfs", "loop");
  }

  private static RbdSettings rbdSettings(DocephConfig config, Machine machine) {
    DocephConfig.Rbd rbd = config.rbd();
    return new RbdSettings(
        rbd.conf().path(),
        firstAnd(rbd.pool(), rbd.pools()),
        firstAnd(rbd.authUser(), rbd.users()),
        rbd.mapper(),
        Removal.valueOf(rbd.remove().toUpperCase(Locale.ROOT)),
        rbd.trashExpiry().duration(),
        rbd.takeoverWait().duration(),
        rbd.blocklistExpiry().duration(),
        rbd.commandTimeout().duration(),
        rbd.keyringDir().path(),
        rbd.hostTables(),
        rbd.rbdmap().path(),
        rbd.fstab().path(),
        config.hostName().orElseGet(HostName::read),
        machine.hostId(),
        machine.bootId(),
        machine.stateDir(),
        machine.runDir(),
        machine.mountRoot());
  }

  private static List<String> firstAnd(String first, Optional<List<String>> others) {
    List<String> all = new ArrayList<>(List.of(first));
    others.orElse(List.of()).stream().filter(o -> !o.equals(first)).forEach(all::add);
    return all;
  }

  /** The kernel's tables show paths without links: what is compared with them must be so too. */
  private static Path real(Path path) {
    Path parent = path.getParent();
    try {
      return path.toRealPath();
    } catch (IOException e) {
      return parent == null ? path : real(parent).resolve(path.getFileName());
    }
  }

  private static Map<String, Path> configured(DocephConfig.Tools tools) {
    Map<String, Path> paths = new HashMap<>();
    put(paths, "mount", tools.mount());
    put(paths, "umount", tools.umount());
    put(paths, "losetup", tools.losetup());
    put(paths, "blkid", tools.blkid());
    put(paths, "chattr", tools.chattr());
    put(paths, "rbd", tools.rbd());
    put(paths, "rados", tools.rados());
    put(paths, "ceph", tools.ceph());
    put(paths, "mkfs.xfs", tools.mkfsXfs());
    put(paths, "mkfs.ext4", tools.mkfsExt4());
    put(paths, "mkfs.btrfs", tools.mkfsBtrfs());
    put(paths, "xfs_growfs", tools.xfsGrowfs());
    put(paths, "resize2fs", tools.resize2fs());
    put(paths, "debugfs", tools.debugfs());
    put(paths, "e2fsck", tools.e2fsck());
    put(paths, "btrfs", tools.btrfs());
    return paths;
  }

  private static void put(Map<String, Path> paths, String name, Optional<AbsolutePath> path) {
    path.ifPresent(p -> paths.put(name, p.path()));
  }

  /**
   * Names this state directory among all hosts; who may finish an interrupted create is decided by
   * it.
   */
  private static String hostId(Path stateDir) {
    Path file = stateDir.resolve("host-id");
    try {
      if (Files.exists(file)) {
        return Files.readString(file).strip();
      }
      String id = UUID.randomUUID().toString();
      Path fresh = stateDir.resolve("host-id.new");
      Files.writeString(fresh, id + "\n");
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE); // never half an id
      return id;
    } catch (IOException e) {
      throw new StartRefused("cannot read or write " + file + ": " + e.getMessage());
    }
  }
}
