package io.doceph.volume;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.config.ByteSize;
import io.doceph.host.process.Deadline;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Everything that can be done with volumes. Looking is answered from memory and never waits;
 * changing runs one operation a volume at a time and ends by its deadline. Every failure is a
 * {@link VolumeError}.
 */
public final class VolumeService implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(VolumeService.class);
  private static final Duration LOOK_UP = Duration.ofSeconds(20);

  /** How long a backend that has not answered yet is asked for a volume that is remembered. */
  private static final Duration REMEMBERED = Duration.ofSeconds(5);

  /**
   * Bounds and periods.
   *
   * @param operations how many operations run at once
   * @param longCall when a create, mount or grow is given up
   * @param shortCall when anything else is
   * @param lockWait how long an operation waits for another one on its volume
   * @param refresh how often backends are listed
   * @param reap how often mounts that nobody holds are looked for
   * @param reapGrace how long after an Activate they are left alone
   */
  public record Times(
      int operations,
      Duration longCall,
      Duration shortCall,
      Duration lockWait,
      Duration refresh,
      Duration reap,
      Duration reapGrace) {}

  private final Machine machine;
  private final Times times;
  private final SpecParser parser;
  private final Catalogue catalogue = new Catalogue();
  private final Backends backends;
  private final Forgotten forgotten;
  private final MountRegistry registry;
  private final Operations operations;
  private final Creator creator;
  private final Remover remover;
  private final Mounter mounter;
  private final Grower grower;
  private final Recovery recovery;
  private final Reaper reaper;
  private final Administration administration;
  private final CatalogueFile catalogueFile;
  private final ScheduledExecutorService rounds;
  private volatile Instant epochBegan = Instant.now();
  private volatile @Nullable String mountRefusal;

  /**
   * A service that has not started yet.
   *
   * @param listener told of each operation that ends
   */
  public VolumeService(
      Machine machine,
      List<VolumeBackend> enabled,
      Function<Map<String, VolumeBackend>, SpecParser> parser,
      Times times,
      CutPoints cuts,
      OperationListener listener) {
    this.machine = machine;
    this.times = times;
    this.backends = new Backends(enabled, catalogue);
    this.parser = parser.apply(backends.all());
    this.forgotten = Forgotten.open(machine.stateDir());
    this.registry = MountRegistry.open(machine.runDir(), machine.bootId());
    this.operations = new Operations(times.operations(), times.lockWait(), listener);
    Mountpoints mountpoints = new Mountpoints(machine.mountRoot(), machine.immutable());
    this.creator = new Creator(machine, cuts);
    this.remover = new Remover(registry, mountpoints, cuts);
    this.grower = new Grower(machine, cuts);
    this.mounter =
        new Mounter(
            machine,
            registry,
            mountpoints,
            grower,
            cuts,
            v -> catalogue.put(Found.of(v), v.spec().backend()));
    this.recovery =
        new Recovery(machine, registry, backends, catalogue, operations, creator, remover, mounter);
    this.rounds =
        Executors.newScheduledThreadPool(
            enabled.size() + 1, Thread.ofPlatform().daemon().name("rounds-", 0).factory());
    this.reaper = new Reaper(registry, backends, operations, mounter, times.reapGrace());
    this.catalogueFile = new CatalogueFile(machine.stateDir());
    this.administration =
        new Administration(this, backends, catalogue, operations, registry, times);
  }

  /**
   * Starts: brings registry and kernel together now, and everything that could wait for a backend
   * in the background.
   *
   * @param refusal why block volumes must not be mounted by this daemon, or null
   */
  public void start(@Nullable String refusal) {
    mountRefusal = refusal;
    backends
        .cluster()
        .ifPresent(b -> catalogueFile.load().forEach(f -> catalogue.put(f, b.name())));
    recovery.reconcileMounts();
    if (registry.size() > 0) {
      // Containers may have ended while no daemon was there to be told: what none shows is reaped.
      registry.newEpoch();
    }
    for (VolumeBackend backend : backends.all().values()) {
      // Each on its own: one that hangs hides nothing of the others.
      var unused =
          rounds.scheduleWithFixedDelay(
              () -> refreshRound(backend), 0, times.refresh().toMillis(), TimeUnit.MILLISECONDS);
    }
    var unused =
        rounds.scheduleWithFixedDelay(
            this::reapRound,
            times.reap().toMillis(),
            times.reap().toMillis(),
            TimeUnit.MILLISECONDS);
  }

  private void refreshRound(VolumeBackend backend) {
    try {
      recovery.unmountWorkshop();
      if (backends.refresh(backend) && backend instanceof ClusterBackend cluster) {
        keepKnown(cluster);
      }
      recovery.finishUnfinished(backend);
    } catch (RuntimeException | Error e) { // or the round would never be run again
      LOG.warnf(
          e,
          "backend=%s: looking through it failed, tried again in %s",
          backend.name(),
          times.refresh());
    }
  }

  private void reapRound() {
    try {
      reaper.round(epochBegan);
    } catch (RuntimeException | Error e) {
      LOG.warnf(e, "giving back mounts failed, tried again in %s", times.reap());
    }
  }

  /** A new dockerd has come. */
  public void activate() {
    epochBegan = Instant.now();
    registry.newEpoch();
  }

  /** Goes up with every change of what {@link #list} shows. */
  public long revision() {
    return catalogue.revision() + registry.revision() + backends.revision();
  }

  /** All volumes, by name, from memory. */
  public List<VolumeView> list() {
    List<VolumeView> views = new ArrayList<>();
    for (Found found : catalogue.all()) {
      if (isShown(found)) {
        views.add(view(found));
      }
    }
    for (MountRecord record : registry.all()) {
      if (isOrphan(record)) {
        views.add(orphan(record));
      }
    }
    return views;
  }

  /** A known volume, from memory. */
  public Optional<VolumeView> known(VolumeName name) {
    Optional<VolumeView> known = catalogue.get(name).filter(this::isShown).map(this::view);
    return known.isPresent() ? known : registry.get(name).filter(this::isOrphan).map(this::orphan);
  }

  /** Whether a mounted volume has been removed behind our back; Docker must still unmount it. */
  private boolean isOrphan(MountRecord record) {
    return backends.all().get(record.backend()) instanceof ClusterBackend
        && catalogue.get(record.volume()).isEmpty()
        && !forgotten.has(record.volume());
  }

  private VolumeView orphan(MountRecord record) {
    return new VolumeView(
        record.volume(),
        null,
        record,
        "it was removed elsewhere while it is mounted here; save what is needed and stop the"
            + " containers that use it",
        null);
  }

  /**
   * A volume: from memory, or else looked up once where volumes live.
   *
   * @return completes exceptionally with {@code UNAVAILABLE} when that cannot be said now
   */
  public CompletableFuture<Optional<VolumeView>> find(VolumeName name) {
    Optional<VolumeView> known = known(name);
    if (known.isPresent() || forgotten.has(name)) {
      return CompletableFuture.completedFuture(known);
    }
    Duration limit = times.shortCall().compareTo(LOOK_UP) < 0 ? times.shortCall() : LOOK_UP;
    return operations.lookUp(
        limit, deadline -> backends.find(name, deadline).filter(this::isShown).map(this::view));
  }

  private boolean isShown(Found found) {
    Volume volume = found.volume();
    boolean unfinished = volume != null && volume.stage() != Volume.Stage.READY;
    return !unfinished && !forgotten.has(found.name());
  }

  VolumeView view(Found found) {
    Volume volume = found.volume();
    MountRecord mount = registry.get(found.name()).orElse(null);
    String problem = found.problem();
    if (problem == null && volume != null && mount != null) {
      problem = takenAway(found.name(), volume.spec().backend()).orElse(null);
    }
    if (problem == null && volume != null) {
      problem = backends.problem(volume.spec().backend()).orElse(null);
      if (problem == null && volume.growTo() != 0) {
        problem = "a grow was interrupted and is finished by the next mount or grow";
      }
    }
    VolumeUser elsewhere =
        volume == null
            ? null
            : backends.writerElsewhere(found.name(), volume.spec().backend()).orElse(null);
    return new VolumeView(found.name(), volume, mount, problem, elsewhere);
  }

  /** Whether what is mounted here is somebody else's by now. */
  private Optional<String> takenAway(VolumeName name, String backend) {
    Optional<String> by = backends.writerElsewhere(name, backend).map(VolumeUser::text);
    if (by.isEmpty() && !backends.isCutOff(name, backend)) {
      return Optional.empty();
    }
    return Optional.of(
        by.map(text -> text + " has taken it over").orElse("this host was cut off from it")
            + ": what this host still writes is refused by the cluster; stop the containers that use"
            + " it here, and it is unmounted");
  }

  /** Makes a volume; one that is there and is what is asked for is success. */
  public CompletableFuture<VolumeView> create(VolumeName name, @Nullable ObjectNode options) {
    VolumeSpec spec = parser.parse(name, options);
    Object argument = options == null ? "" : options.toString();
    return operations.submit(
        name, "create", argument, times.longCall(), o -> createLocked(spec, options, o));
  }

  private VolumeView createLocked(VolumeSpec spec, @Nullable ObjectNode given, Operation o) {
    VolumeName name = spec.name();
    Optional<Found> found = catalogue.get(name).filter(VolumeService::isSettled);
    if (found.isPresent() && isOnlyRemembered(found.get())) {
      found = ifThere(found.get(), o.deadline());
    }
    if (found.isEmpty()) {
      // Its own backend says itself, when the name is taken, whether it is taken already.
      found = backends.findBeside(name, spec.backend(), o.deadline());
    }
    if (found.isPresent()) {
      return there(found.get(), spec, given, o).orElseGet(() -> createFresh(spec, o));
    }
    try {
      return createFresh(spec, o);
    } catch (VolumeError e) {
      if (e.code() != VolumeError.Code.CONFLICT && e.code() != VolumeError.Code.BUSY) {
        throw e;
      }
      // Another host, or an earlier life of this one, was there first.
      found = backends.find(name, o.deadline());
      if (found.isEmpty()) {
        throw e;
      }
      return there(found.get(), spec, given, o).orElseGet(() -> createFresh(spec, o));
    }
  }

  /** What is remembered counts on while its backend cannot say whether that is so. */
  private Optional<Found> ifThere(Found remembered, Deadline deadline) {
    try {
      return backends.of(require(remembered)).find(remembered.name(), deadline.sooner(REMEMBERED));
    } catch (VolumeError e) {
      if (e.code() != VolumeError.Code.UNAVAILABLE) {
        throw e;
      }
      return Optional.of(remembered);
    }
  }

  /** Whether this daemon knows it from an earlier one, and has not heard of the cluster yet. */
  private boolean isOnlyRemembered(Found found) {
    Volume volume = found.volume();
    return volume != null
        && backends.of(volume) instanceof ClusterBackend cluster
        && backends.refreshTook(cluster.name()).isEmpty();
  }

  /**
   * The volume that is there, if it is what is asked for; empty after an unfinished one is gone.
   */
  private Optional<VolumeView> there(
      Found found, VolumeSpec spec, @Nullable ObjectNode given, Operation o) {
    Volume there = require(found);
    if (there.stage() != Volume.Stage.READY) {
      settleOwn(there, o.deadline());
      // A removal that had taken nothing away has been undone.
      Optional<Found> after = backends.find(spec.name(), o.deadline());
      return after.isEmpty() ? Optional.empty() : there(after.get(), spec, given, o);
    }
    Compatibility.require(there, given, spec);
    boolean unlisted = catalogue.get(there.name()).filter(found::equals).isEmpty();
    if (forgotten.has(there.name()) || unlisted) { // a listing of before may have dropped it
      forgotten.remove(there.name());
      catalogue.put(found, there.spec().backend());
    }
    return Optional.of(view(found));
  }

  private VolumeView createFresh(VolumeSpec spec, Operation o) {
    Volume reserved = new Volume(spec, Instant.now(), Volume.Stage.RESERVED, machine.hostId(), 0);
    Volume ready = creator.create(reserved, backends.of(reserved), o);
    Found done = Found.of(ready);
    takeUp(done, spec.backend());
    return view(done);
  }

  /** Lists a volume from now on. */
  void takeUp(Found found, String backend) {
    forgotten.remove(found.name());
    catalogue.put(found, backend);
    keepKnownSoon(backend);
  }

  private void keepKnownSoon(String backend) {
    Optional<ClusterBackend> cluster = backends.cluster().filter(b -> b.name().equals(backend));
    try {
      cluster.ifPresent(b -> rounds.execute(() -> keepKnown(b)));
    } catch (RejectedExecutionException e) {
      LOG.debug("doceph is stopping, and writes it down then");
    }
  }

  /** Were the host to die now, and to boot without the cluster, Docker would ask for the volume. */
  private void keepKnown(ClusterBackend backend) {
    long revision = catalogue.revision(); // first: what comes in between is written down next time
    catalogueFile.save(catalogue.of(backend.name()), revision);
  }

  private void settleOwn(Volume there, Deadline deadline) {
    if (!there.hostId().equals(machine.hostId())) {
      throw new VolumeError(
          VolumeError.Code.BUSY,
          "volume "
              + there.name()
              + " is being "
              + (there.stage() == Volume.Stage.REMOVING ? "removed" : "created")
              + " by another host; try again when it has ended");
    }
    recovery.settle(there, deadline);
  }

  /** Removes a volume and its data; one that is not there is success. */
  public CompletableFuture<Void> remove(VolumeName name) {
    return operations.submit(
        name,
        "remove",
        "",
        times.shortCall(),
        o -> {
          // Looked up where it lives: what is removed must be what is there now.
          Optional<Found> found = backends.find(name, o.deadline());
          boolean unborn = found.map(Found::volume).filter(VolumeService::isUnborn).isPresent();
          if (unborn) {
            settleOwn(require(found.get()), o.deadline());
          } else if (found.isPresent() && !forgotten.has(name)) {
            Volume volume = require(found.get());
            reaper.releaseIfAbandoned(name);
            VolumeBackend backend = backends.of(volume);
            remover.requireUnused(name, backend, o.deadline());
            remover.requireRemovable(volume, backend, o.deadline());
            if (backend.removal() == Removal.KEEP) {
              forgetLocked(volume, o.deadline());
              o.commit();
              return null;
            }
            remover.requireNothingMountedIn(volume, backend, o.deadline());
            Volume going = remover.begin(volume, backend, machine.hostId(), o.deadline());
            // Before the data goes: what fails now must not leave a volume that could be mounted.
            catalogue.put(Found.of(going), backend.name());
            finishRemoval(volume, going, backend, o.deadline());
            catalogue.remove(name);
            keepKnownSoon(backend.name());
          } else {
            LOG.infof("volume=%s: asked to remove what is not there; nothing to do", name);
            if (found.isEmpty()) {
              catalogue.remove(name); // another host was faster
            }
          }
          o.commit();
          return null;
        });
  }

  private void finishRemoval(
      Volume volume, Volume going, VolumeBackend backend, Deadline deadline) {
    try {
      remover.finish(going, backend, deadline);
    } catch (VolumeError e) {
      if (e.code() == VolumeError.Code.IN_USE && backend instanceof ClusterBackend) {
        // Another host was faster, and nothing was removed: it is a volume as before.
        backend.describe(volume, deadline);
        catalogue.put(Found.of(volume), backend.name());
      }
      throw e;
    }
  }

  /** Forgets a volume on this host and keeps its data. */
  public CompletableFuture<Void> forget(VolumeName name) {
    return operations.submit(
        name,
        "forget",
        "",
        times.shortCall(),
        o -> {
          Volume volume = requireReady(name, o.deadline());
          remover.requireUnused(name, backends.of(volume), o.deadline());
          forgetLocked(volume, o.deadline());
          o.commit();
          return null;
        });
  }

  private void forgetLocked(Volume volume, Deadline deadline) {
    remover.removeMountpoint(volume.name(), backends.of(volume), deadline);
    forgotten.add(volume.name(), volume.spec().backend());
    catalogue.put(Found.of(volume), volume.spec().backend());
  }

  /** Mounts a volume for a holder. */
  public CompletableFuture<Path> mount(VolumeName name, String id) {
    return operations.submit(
        name,
        "mount",
        id,
        times.longCall(),
        o -> {
          Volume volume = requireReady(name, o.deadline());
          VolumeBackend backend = backends.of(volume);
          String refusal = mountRefusal;
          if (backend.isBlock() && refusal != null) {
            throw new VolumeError(VolumeError.Code.UNAVAILABLE, refusal);
          }
          requireNotTakenOver(name, backend);
          try {
            return mounter.mount(volume, backend, id, o);
          } catch (ChangedElsewhere e) {
            catalogue.put(Found.of(e.volume()), backend.name());
            return mounter.mount(e.volume(), backend, id, o);
          }
        });
  }

  /** What is mounted here and was taken over is of no use to one more container. */
  private void requireNotTakenOver(VolumeName name, VolumeBackend backend) {
    Optional<String> away =
        registry.get(name).isPresent() ? takenAway(name, backend.name()) : Optional.empty();
    if (away.isPresent()) {
      throw new VolumeError(VolumeError.Code.IN_USE, "volume " + name + ": " + away.get());
    }
  }

  /** Gives a reference back; one that is not known is success. */
  public CompletableFuture<Void> unmount(VolumeName name, String id) {
    return operations.submit(
        name,
        "unmount",
        id + "#" + System.nanoTime(), // two Unmounts of one ID give back two references
        times.shortCall(),
        o -> {
          Optional<MountRecord> record = registry.get(name);
          if (record.isEmpty()) {
            LOG.infof(
                "volume=%s mountId=%s: unmount of what is not mounted; nothing to do", name, id);
          } else {
            // The volume is not looked up: it may be gone, and its backend may not answer.
            mounter.unmount(name, backends.named(record.get()), id, o.deadline());
          }
          o.commit();
          return null;
        });
  }

  /** Makes a volume larger. */
  public CompletableFuture<VolumeView> grow(VolumeName name, ByteSize size) {
    return operations.submit(
        name,
        "grow",
        size,
        times.longCall(),
        o -> {
          Volume volume = requireReadyNow(name, o.deadline());
          VolumeBackend backend = backends.of(volume);
          try {
            Volume grown =
                grower.grow(
                    volume,
                    backend,
                    size,
                    registry.get(name).filter(mounter::isTrue),
                    o.deadline());
            catalogue.put(Found.of(grown), backend.name());
            o.commit();
            return view(Found.of(grown));
          } catch (RuntimeException e) {
            lookUpAfter(e, name, backend, o.deadline());
            throw e;
          }
        });
  }

  /** The failure itself must be told: after one that is stuck the volume stays locked. */
  private void lookUpAfter(
      RuntimeException cause, VolumeName name, VolumeBackend backend, Deadline deadline) {
    try {
      backend.find(name, deadline).ifPresent(f -> catalogue.put(f, backend.name()));
    } catch (RuntimeException e) {
      cause.addSuppressed(e);
    }
  }

  private Optional<Found> lookUp(VolumeName name, Deadline deadline) {
    Optional<Found> known = catalogue.get(name).filter(VolumeService::isSettled);
    return known.isPresent() ? known : backends.find(name, deadline);
  }

  /** Whether the catalogue may be believed: a volume in the making changes behind its back. */
  private static boolean isSettled(Found found) {
    Volume volume = found.volume();
    return volume != null && volume.stage() == Volume.Stage.READY;
  }

  /** The same as it is now, whatever is remembered of it: what is changed must not be older. */
  Volume requireReadyNow(VolumeName name, Deadline deadline) {
    if (forgotten.has(name)) {
      throw VolumeError.unknown(name);
    }
    Volume volume = ready(name, backends.find(name, deadline));
    catalogue.put(Found.of(volume), volume.spec().backend());
    return volume;
  }

  Volume requireReady(VolumeName name, Deadline deadline) {
    return ready(name, forgotten.has(name) ? Optional.empty() : lookUp(name, deadline));
  }

  private static Volume ready(VolumeName name, Optional<Found> found) {
    Volume volume = require(found.orElseThrow(() -> VolumeError.unknown(name)));
    if (volume.stage() != Volume.Stage.READY) {
      throw VolumeError.unknown(name);
    }
    return volume;
  }

  /** Whether a volume has never been ready: what is in its place may be somebody else's. */
  private static boolean isUnborn(Volume volume) {
    return volume.stage() == Volume.Stage.RESERVED || volume.stage() == Volume.Stage.CREATED;
  }

  private static Volume require(Found found) {
    Volume volume = found.volume();
    if (volume == null) {
      throw new VolumeError(
          VolumeError.Code.FAILED,
          "volume " + found.name() + " cannot be used: " + found.problem());
    }
    return volume;
  }

  /** What administrators ask for beyond making, mounting and removing. */
  public Administration administration() {
    return administration;
  }

  /** Volumes that are being made or removed, by this host or another. */
  public List<Volume> unfinished() {
    List<Volume> unfinished = new ArrayList<>();
    for (Found found : catalogue.all()) {
      Volume volume = found.volume();
      if (volume != null && volume.stage() != Volume.Stage.READY) {
        unfinished.add(volume);
      }
    }
    return unfinished;
  }

  /** How many volumes have a description that cannot be read. */
  public long damaged() {
    return catalogue.all().stream().filter(f -> f.problem() != null).count();
  }

  /** How many volumes are mounted here that this host has been cut off from. */
  public long cutOff() {
    return registry.all().stream()
        .filter(r -> takenAway(r.volume(), r.backend()).isPresent())
        .count();
  }

  /** How many mounts nobody uses and the last look could not give back. */
  public int leftOver() {
    return reaper.leftOver();
  }

  /** What runs now. */
  public List<RunningOperation> running() {
    return operations.all().stream()
        .map(r -> new RunningOperation(r.volume(), r.operation(), r.since()))
        .toList();
  }

  /** The enabled backends by name. */
  public Map<String, VolumeBackend> backends() {
    return backends.all();
  }

  /** How far volumes reach: as configured, or with {@code auto} as far as the default backend's. */
  public String scope(String defaultBackend, String configured) {
    if (!configured.equals("auto")) {
      return configured;
    }
    VolumeBackend backend = backends.all().get(defaultBackend);
    return backend != null && backend.isShared() ? "global" : "local";
  }

  /** Why a backend cannot answer, if it cannot. */
  public Optional<String> backendProblem(String backend) {
    return backends.problem(backend);
  }

  /** How long the last listing of a backend took that succeeded. */
  public Optional<Duration> refreshTook(String backend) {
    return backends.refreshTook(backend);
  }

  /** The directory that holds the mountpoints, as the kernel's tables name it. */
  public Path mountRoot() {
    return machine.mountRoot();
  }

  /** What is mounted here. */
  public List<MountRecord> mounts() {
    return List.copyOf(registry.all());
  }

  /** Whether the kernel still has what a mount's record says. */
  public boolean isMounted(MountRecord record) {
    return mounter.isTrue(record);
  }

  /** What was found damaged in the registry at the start. */
  public List<String> registryProblems() {
    return registry.problems();
  }

  /** How many volumes are known. */
  public int count() {
    return catalogue.size();
  }

  /** Why block volumes are not mounted by this daemon, if they are not. */
  public Optional<String> mountRefusal() {
    return Optional.ofNullable(mountRefusal);
  }

  @Override
  public void close() {
    rounds.shutdownNow();
    operations.close();
    backends.cluster().ifPresent(this::keepKnown);
  }
}
