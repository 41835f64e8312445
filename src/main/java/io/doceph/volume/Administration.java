package io.doceph.volume;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.host.process.Deadline;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * What administrators ask for beyond making, mounting and removing volumes. Every failure is a
 * {@link VolumeError}.
 */
public final class Administration {
  private static final Duration EXAMINE = Duration.ofMinutes(10);

  private final VolumeService service;
  private final Backends backends;
  private final Catalogue catalogue;
  private final Operations operations;
  private final MountRegistry registry;
  private final VolumeService.Times times;

  Administration(
      VolumeService service,
      Backends backends,
      Catalogue catalogue,
      Operations operations,
      MountRegistry registry,
      VolumeService.Times times) {
    this.service = service;
    this.backends = backends;
    this.catalogue = catalogue;
    this.operations = operations;
    this.registry = registry;
    this.times = times;
  }

  /** Refuses the volume's removal from now on, or allows it again. */
  public CompletableFuture<VolumeView> protect(VolumeName name, boolean set) {
    return change(name, set ? "protect" : "unprotect", v -> v.withFlag(VolumeSpec.PROTECTED, set));
  }

  /** Makes the volume one that is only read, by many hosts, or one that is written by one. */
  public CompletableFuture<VolumeView> access(VolumeName name, boolean readOnly) {
    return operations.submit(
        name,
        "access",
        readOnly,
        times.shortCall(),
        o -> {
          Volume volume = service.requireReady(name, o.deadline());
          ClusterBackend cluster = clusterOf(volume);
          if (registry.get(name).isPresent()) {
            if (volume.spec().isReadOnly() == readOnly) {
              return service.view(Found.of(volume));
            }
            throw new VolumeError(
                VolumeError.Code.IN_USE,
                "volume " + name + " is used by this host; stop the containers that use it first");
          }
          Volume changed = cluster.changeAccess(volume, readOnly, o.deadline());
          catalogue.put(Found.of(changed), cluster.name());
          o.commit();
          return service.view(Found.of(changed));
        });
  }

  private CompletableFuture<VolumeView> change(
      VolumeName name, String kind, Function<VolumeSpec, VolumeSpec> change) {
    return operations.submit(
        name,
        kind,
        "",
        times.shortCall(),
        o -> {
          Volume volume = service.requireReadyNow(name, o.deadline());
          VolumeView view = describe(volume, change.apply(volume.spec()), o);
          o.commit();
          return view;
        });
  }

  private VolumeView describe(Volume volume, VolumeSpec spec, Operation o) {
    Volume changed = volume.with(spec);
    VolumeBackend backend = backends.of(volume);
    if (!changed.equals(volume)) {
      backend.describe(changed, o.deadline());
      catalogue.put(Found.of(changed), backend.name());
    }
    return service.view(Found.of(changed));
  }

  /** Takes an existing image over as the volume of its name, with the options given. */
  public CompletableFuture<VolumeView> adopt(VolumeName name, ObjectNode options) {
    return operations.submit(
        name,
        "adopt",
        options.toString(),
        times.longCall(),
        o -> {
          ClusterBackend cluster = cluster();
          Optional<Found> found = backends.find(name, o.deadline());
          if (found.isPresent()) {
            throw new VolumeError(
                VolumeError.Code.CONFLICT,
                "volume " + name + " exists already; nothing was changed");
          }
          Volume adopted = cluster.adopt(name, options, o.deadline());
          service.takeUp(Found.of(adopted), cluster.name());
          o.commit();
          return service.view(Found.of(adopted));
        });
  }

  /** Everybody who uses the volume now, on whatever host. */
  public CompletableFuture<List<VolumeUser>> users(VolumeName name) {
    return operations.lookUp(
        times.shortCall(),
        deadline -> {
          Volume volume = service.requireReady(name, deadline);
          return clusterOf(volume).users(volume, deadline);
        });
  }

  /**
   * Cuts the other users of a volume off, so that this host can mount it.
   *
   * @return what was done, one sentence each
   */
  public CompletableFuture<List<String>> steal(VolumeName name) {
    return operations.submit(
        name,
        "steal",
        "",
        times.longCall(),
        o -> {
          Volume volume = service.requireReady(name, o.deadline());
          ClusterBackend cluster = clusterOf(volume);
          boolean ours = registry.get(name).isPresent();
          if (ours && !cluster.writersElsewhere().containsKey(name)) {
            throw new VolumeError(
                VolumeError.Code.CONFLICT,
                "volume " + name + " is mounted on this host already; there is nobody to cut off");
          }
          List<String> done = cluster.fence(volume, o.deadline());
          o.commit();
          return done;
        });
  }

  /**
   * Removed volumes that can be brought back, youngest first; as of the last listing of the
   * cluster, which is made now if there is none yet.
   */
  public List<Trashed> trash() {
    ClusterBackend cluster = cluster();
    if (backends.refreshTook(cluster.name()).isEmpty()) {
      listNow(cluster);
    }
    return cluster.trash();
  }

  private void listNow(ClusterBackend cluster) {
    if (!backends.refresh(cluster)) {
      throw new VolumeError(
          VolumeError.Code.UNAVAILABLE,
          "what is in the trash cannot be said now: "
              + backends.problem(cluster.name()).orElse(""));
    }
  }

  /**
   * Brings a removed volume back.
   *
   * @param which its name or its id in the trash; of several of one name the youngest
   * @param as the name it is to have, or empty for the one it had
   */
  public CompletableFuture<VolumeView> restore(String which, Optional<VolumeName> as) {
    Trashed trashed = inTrash(which);
    VolumeName name = as.orElse(trashed.name());
    return operations.submit(
        name,
        "restore",
        trashed.id(),
        times.shortCall(),
        o -> {
          Optional<Found> there = backends.find(name, o.deadline());
          if (there.isPresent() && !isSame(there.get(), trashed)) {
            throw new VolumeError(
                VolumeError.Code.CONFLICT,
                "volume "
                    + name
                    + " exists; bring the other one back under a free name: `doceph trash"
                    + " restore "
                    + which
                    + " --as NAME`");
          }
          ClusterBackend cluster = cluster();
          Volume back = cluster.restore(trashed, name, o.deadline());
          service.takeUp(Found.of(back), cluster.name());
          o.commit();
          return service.view(Found.of(back));
        });
  }

  /** Whether a volume is the removed one already, as an interrupted restore leaves it. */
  private static boolean isSame(Found there, Trashed trashed) {
    Volume volume = there.volume();
    return volume != null && volume.createdAt().equals(trashed.volume().createdAt());
  }

  /** Deletes a removed volume for good; by its name or its id in the trash. */
  public CompletableFuture<Void> purge(String which) {
    Trashed trashed = inTrash(which);
    return operations.submit(
        trashed.name(),
        "purge",
        trashed.id(),
        times.longCall(),
        o -> {
          cluster().purge(trashed, o.deadline());
          o.commit();
          return null;
        });
  }

  /** Deletes what has expired. */
  public List<Trashed> expired() {
    Instant now = Instant.now();
    return trash().stream().filter(t -> t.expiresAt().isBefore(now)).toList();
  }

  /**
   * A removed volume; of several of one name the youngest.
   *
   * @param which its name or its id in the trash
   */
  public Trashed inTrash(String which) {
    return inTrash(which, trash())
        .or(
            () -> { // another host may have removed it since
              listNow(cluster());
              return inTrash(which, trash());
            })
        .orElseThrow(
            () ->
                new VolumeError(
                    VolumeError.Code.NOT_FOUND,
                    "there is no '"
                        + Text.shown(which)
                        + "' in the trash; `doceph trash list` shows what there is"));
  }

  private static Optional<Trashed> inTrash(String which, List<Trashed> trash) {
    return trash.stream()
        .filter(t -> t.id().equals(which) || t.name().value().equals(which))
        .findFirst();
  }

  /** The volumes of the first doceph on this host. */
  public List<Adoptable> legacy(Path metadata) {
    return cluster().legacy(metadata);
  }

  /** Takes an adopted volume out of the first doceph's tables. */
  public List<String> legacyAdopted(Path metadata, Adoptable adopted) {
    return cluster().legacyAdopted(metadata, adopted);
  }

  /** What backends find out about themselves; with {@code repair} what can be mended is mended. */
  public List<Finding> examine(boolean repair) {
    List<Finding> findings = new ArrayList<>();
    backends
        .cluster()
        .ifPresent(
            cluster -> {
              Set<VolumeName> busy = new HashSet<>();
              registry.all().forEach(r -> busy.add(r.volume()));
              operations.all().forEach(r -> busy.add(r.volume()));
              findings.addAll(cluster.examine(repair, busy, Deadline.after(EXAMINE)));
              if (repair) {
                boolean unused = backends.refresh(cluster);
              }
            });
    return findings;
  }

  /** Facts about the cluster's backend for people. */
  public Map<String, String> facts() {
    return backends.cluster().map(ClusterBackend::facts).orElse(Map.of());
  }

  private ClusterBackend clusterOf(Volume volume) {
    if (backends.of(volume) instanceof ClusterBackend cluster) {
      return cluster;
    }
    throw new VolumeError(
        VolumeError.Code.INVALID,
        "volume "
            + volume.name()
            + " is of the backend "
            + volume.spec().backend()
            + ", whose volumes only this host uses");
  }

  private ClusterBackend cluster() {
    return backends
        .cluster()
        .orElseThrow(
            () ->
                new VolumeError(
                    VolumeError.Code.INVALID,
                    "no backend of a cluster is enabled here (doceph.backends); rbd is one"));
  }
}
