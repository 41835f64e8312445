package io.doceph.volume;

import io.doceph.host.process.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The enabled backends, what was last heard of each, and the listing that feeds the catalogue. */
final class Backends {
  private static final Logger LOG = Logger.getLogger(Backends.class);
  private static final Duration LIST_LIMIT = Duration.ofSeconds(60);

  private final Map<String, VolumeBackend> byName = new LinkedHashMap<>();
  private final ConcurrentMap<String, String> problems = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, Duration> took = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, Object> turns = new ConcurrentHashMap<>();
  private final AtomicLong changes = new AtomicLong();
  private final Catalogue catalogue;
  private volatile Map<VolumeName, VolumeUser> lastWriters = Map.of();
  private volatile Set<VolumeName> lastCutOff = Set.of();

  Backends(List<VolumeBackend> backends, Catalogue catalogue) {
    backends.forEach(b -> byName.put(b.name(), b));
    this.catalogue = catalogue;
  }

  Map<String, VolumeBackend> all() {
    return byName;
  }

  /** Goes up when a backend fails or recovers, or other hosts begin or end using volumes. */
  long revision() {
    return changes.get();
  }

  VolumeBackend of(Volume volume) {
    return enabled(volume.name(), volume.spec().backend());
  }

  /** The backend of a mounted volume. */
  VolumeBackend named(MountRecord record) {
    return enabled(record.volume(), record.backend());
  }

  private VolumeBackend enabled(VolumeName volume, String name) {
    VolumeBackend backend = byName.get(name);
    if (backend == null) {
      throw new VolumeError(
          VolumeError.Code.UNAVAILABLE,
          "volume "
              + volume
              + " belongs to the backend "
              + name
              + ", which is not enabled here (doceph.backends)");
    }
    return backend;
  }

  /** How long the last listing of a backend took that succeeded. */
  Optional<Duration> refreshTook(String backend) {
    return Optional.ofNullable(took.get(backend));
  }

  /** Why a backend cannot answer, if it cannot. */
  Optional<String> problem(String backend) {
    return Optional.ofNullable(problems.get(backend));
  }

  /** The backend whose volumes many hosts reach, if one is enabled. */
  Optional<ClusterBackend> cluster() {
    return byName.values().stream()
        .filter(ClusterBackend.class::isInstance)
        .map(ClusterBackend.class::cast)
        .findFirst();
  }

  /** Who writes to a volume on another host, as far as is known. */
  Optional<VolumeUser> writerElsewhere(VolumeName volume, String backend) {
    return byName.get(backend) instanceof ClusterBackend cluster
        ? cluster.writerElsewhere(volume)
        : Optional.empty();
  }

  /** Whether the cluster has cut this host off from a volume that is attached here. */
  boolean isCutOff(VolumeName volume, String backend) {
    return byName.get(backend) instanceof ClusterBackend cluster && cluster.isCutOff(volume);
  }

  /**
   * Lists a backend; one that fails keeps what is known of it.
   *
   * @return whether it answered
   */
  boolean refresh(VolumeBackend backend) {
    // Of two at once, the one that began first could undo what the other one has learnt.
    synchronized (turns.computeIfAbsent(backend.name(), name -> new Object())) {
      return refreshAlone(backend);
    }
  }

  private boolean refreshAlone(VolumeBackend backend) {
    long revision = catalogue.revision();
    long began = System.nanoTime();
    try {
      List<Found> listing = backend.list(Deadline.after(LIST_LIMIT));
      catalogue.merge(backend.name(), listing, revision);
      if (backend instanceof ClusterBackend cluster) {
        Map<VolumeName, VolumeUser> writers = cluster.writersElsewhere();
        Set<VolumeName> cutOff = cluster.cutOff();
        if (!writers.equals(lastWriters) || !cutOff.equals(lastCutOff)) {
          lastWriters = Map.copyOf(writers);
          lastCutOff = Set.copyOf(cutOff);
          changes.incrementAndGet();
        }
      }
      took.put(backend.name(), Duration.ofNanos(System.nanoTime() - began));
      heard(backend.name(), null);
      return true;
    } catch (RuntimeException e) {
      heard(backend.name(), e);
      return false;
    }
  }

  private void heard(String backend, @Nullable RuntimeException failure) {
    if (failure == null) {
      if (problems.remove(backend) != null) {
        changes.incrementAndGet();
        LOG.infof("backend=%s: it answers again", backend);
      }
      return;
    }
    String text = String.valueOf(failure.getMessage());
    if (!text.equals(problems.put(backend, text))) {
      changes.incrementAndGet();
      LOG.warnf("backend=%s: it does not answer: %s", backend, text);
    }
  }

  /**
   * Looks a name up where volumes live.
   *
   * @throws VolumeError {@code UNAVAILABLE} when none has it and one could not answer
   */
  Optional<Found> find(VolumeName name, Deadline deadline) {
    List<VolumeBackend> order = new ArrayList<>(byName.values());
    // Where it was last seen comes first: it need not wait for a backend that does not answer.
    Optional<String> known = catalogue.backendOf(name);
    order.sort(Comparator.comparing(b -> !known.filter(b.name()::equals).isPresent()));
    return find(name, order, deadline);
  }

  /**
   * The same in all backends but one, which says itself whether it has the name. A cluster that
   * does not answer keeps nobody from making volumes elsewhere: what is known of its names must do.
   */
  Optional<Found> findBeside(VolumeName name, String backend, Deadline deadline) {
    return find(
        name,
        byName.values().stream()
            .filter(b -> !b.name().equals(backend))
            .filter(b -> !(b instanceof ClusterBackend && problem(b.name()).isPresent()))
            .toList(),
        deadline);
  }

  private Optional<Found> find(
      VolumeName name, Collection<VolumeBackend> where, Deadline deadline) {
    List<String> silent = new ArrayList<>();
    for (VolumeBackend backend : where) {
      long revision = catalogue.revision();
      try {
        Optional<Found> found = backend.find(name, deadline);
        if (found.isPresent()) {
          boolean unused = catalogue.learn(found.get(), backend.name(), revision);
          return found;
        }
      } catch (RuntimeException e) {
        silent.add(backend.name() + ": " + e.getMessage());
      }
    }
    if (!silent.isEmpty()) {
      throw new VolumeError(
          VolumeError.Code.UNAVAILABLE,
          "whether volume "
              + name
              + " exists cannot be said now, because a backend does not answer ("
              + String.join("; ", silent)
              + ")");
    }
    return Optional.empty();
  }
}
