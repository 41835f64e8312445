package io.doceph.volume;

import io.doceph.host.MountEntry;
import io.doceph.host.MountNamespace;
import io.doceph.host.MountTable;
import io.doceph.host.process.Deadline;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jboss.logging.Logger;

/**
 * Gives back mounts that only dead dockerds hold and that no other mount namespace shows: after a
 * kill -9 of dockerd no Unmount ever comes for a container that does not start again.
 */
final class Reaper {
  private static final Logger LOG = Logger.getLogger(Reaper.class);
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final MountRegistry registry;
  private final Backends backends;
  private final Operations operations;
  private final Mounter mounter;
  private final Duration grace;
  private volatile int leftOver;

  Reaper(
      MountRegistry registry,
      Backends backends,
      Operations operations,
      Mounter mounter,
      Duration grace) {
    this.registry = registry;
    this.backends = backends;
    this.operations = operations;
    this.mounter = mounter;
    this.grace = grace;
  }

  /** One round. {@code epochBegan} is when the present dockerd came: it is given time to mount. */
  void round(Instant epochBegan) {
    if (Instant.now().isBefore(epochBegan.plus(grace))) {
      return;
    }
    int failed = 0;
    for (MountRecord record : registry.all()) {
      if (!record.isHeldByTheDeadOnly(registry.epoch())) {
        continue;
      }
      try {
        operations.runIfFree(
            record.volume(), "reaping", LIMIT, () -> releaseIfAbandoned(record.volume()));
      } catch (RuntimeException e) {
        LOG.warnf("volume=%s: cannot be given back yet: %s", record.volume(), e.getMessage());
        failed++;
      }
    }
    leftOver = failed;
  }

  /** How many mounts the last round could not give back. */
  int leftOver() {
    return leftOver;
  }

  /** Unmounts a volume that only dead dockerds hold; the caller holds its lock. */
  void releaseIfAbandoned(VolumeName name) {
    Optional<MountRecord> record = registry.get(name);
    if (record.isEmpty()
        || !record.get().isHeldByTheDeadOnly(registry.epoch())
        || !shownElsewhere(record.get()).isEmpty()) {
      return;
    }
    LOG.infof(
        "volume=%s: only dockerds that are gone held it and no container shows it: unmounting",
        name);
    mounter.release(backends.named(record.get()), record.get(), Deadline.after(LIMIT));
  }

  /** Who still has the volume in a mount namespace of their own. */
  static List<MountTable.ForeignMount> shownElsewhere(MountRecord record) {
    // A namespace that merely receives the host's mounts shows it at the same place, as a peer or a
    // slave; a container's bind mount is private.
    return MountTable.elsewhere(isOf(record)).stream()
        .filter(
            f ->
                !(f.entry().mountPoint().equals(record.mountpoint())
                    && (f.entry().slave() || f.entry().shared())))
        .toList();
  }

  private static Predicate<MountEntry> isOf(MountRecord record) {
    String number = record.majorMinor();
    if (number != null) {
      return e -> e.majorMinor().equals(number);
    }
    // A directory is shown by its path inside its filesystem.
    Path real;
    try {
      real = record.mountpoint().toRealPath();
    } catch (IOException e) {
      return entry -> false; // it is gone: nobody can have it but as a deleted directory
    }
    return MountNamespace.carrier(real, MountTable.self())
        .map(carrier -> below(carrier, real))
        .orElse(entry -> false);
  }

  private static Predicate<MountEntry> below(MountEntry carrier, Path directory) {
    Path root = Path.of(carrier.root()).resolve(carrier.mountPoint().relativize(directory));
    return e -> e.majorMinor().equals(carrier.majorMinor()) && Path.of(e.root()).startsWith(root);
  }
}
