package io.doceph.backend.rbd;

import io.doceph.host.process.CommandFailure;
import io.doceph.host.process.Deadline;
import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeName;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Whether this host still holds what it has mapped to write. Whoever takes a volume over changes or
 * removes the entry of its holder; then the cluster says whether this host's client is cut off,
 * which is for good: the device gives nothing but errors until it is unmapped.
 */
final class Holding {
  private static final Logger LOG = Logger.getLogger(Holding.class);

  private final Maps maps;
  private final Holders holders;
  private final Claims claims;
  private final Descriptions descriptions;
  private final RbdSettings settings;

  Holding(
      Maps maps, Holders holders, Claims claims, Descriptions descriptions, RbdSettings settings) {
    this.maps = maps;
    this.holders = holders;
    this.claims = claims;
    this.descriptions = descriptions;
    this.settings = settings;
  }

  /** After each listing: tells others again what they were not told, and sees who is cut off. */
  void look(Deadline deadline) {
    withdrawForgotten();
    Set<String> blocklist = null;
    for (Maps.Entry entry : maps.all()) {
      if (entry.inUse() && entry.readOnly()) {
        if (holders.readers(entry.volume()).stream().noneMatch(holders::isOurs)) {
          announceAgain(entry);
        }
        continue;
      }
      // One without an address is being mapped, and it is not decided whether it may be.
      if (!entry.inUse() || entry.cutOff() || entry.address().isEmpty()) {
        continue;
      }
      Optional<Holders.Holder> holder = holders.writer(entry.volume());
      if (holder.filter(h -> entry.address().equals(h.user().address())).isPresent()) {
        continue;
      }
      if (blocklist == null) {
        blocklist = blocklist(deadline);
      }
      if (blocklist == null) {
        return; // asked again after the next listing
      }
      if (blocklist.contains(entry.address())) {
        // Not anew for one that has been unmapped meanwhile.
        maps.replace(entry, entry.withoutTheCluster());
        LOG.warnf(
            "volume=%s: the cluster has cut this host off from it (client %s is blocklisted)",
            entry.volume(), entry.address());
      } else if (holder.isEmpty() || holder.get().raw().equals(entry.superseded())) {
        announceAgain(entry);
      }
    }
  }

  private void announceAgain(Maps.Entry entry) {
    holders.announceAgain(
        entry.volume(),
        entry.image().place(),
        !entry.readOnly(),
        entry.address(),
        () -> maps.isStaying(entry));
  }

  /**
   * An entry for what is not mapped: the cluster was away when it was to be removed. A reader's may
   * be of an earlier boot; a writer's of an earlier boot is needed to cut that one off.
   */
  private void withdrawForgotten() {
    holders
        .writers()
        .forEach(
            (volume, holder) -> {
              if (holders.isOurs(holder) && holder.bootId().equals(settings.bootId())) {
                withdrawUnmapped(volume, true);
              }
            });
    holders
        .readers()
        .forEach(
            (volume, reading) -> {
              if (reading.stream().anyMatch(holders::isOurs)) {
                withdrawUnmapped(volume, false);
              }
            });
  }

  private void withdrawUnmapped(VolumeName volume, boolean writer) {
    if (maps.get(volume).isPresent()) {
      return;
    }
    descriptions
        .placeOf(volume)
        .ifPresent(
            place -> {
              var unused =
                  holders.withdraw(volume, place, writer, () -> maps.get(volume).isEmpty());
            });
  }

  private @Nullable Set<String> blocklist(Deadline deadline) {
    try {
      return claims.blocklisted(deadline);
    } catch (VolumeError | CommandFailure e) {
      LOG.warnf("whether this host is cut off cannot be said now: %s", e.getMessage());
      return null;
    }
  }

  /** Whether the cluster has cut this host off from a volume that it has mapped. */
  boolean isCutOff(VolumeName volume) {
    return maps.get(volume).filter(Maps.Entry::cutOff).isPresent();
  }

  /** The volumes from which the cluster has cut this host off while it has them mapped. */
  Set<VolumeName> cutOff() {
    return maps.all().stream()
        .filter(Maps.Entry::cutOff)
        .map(Maps.Entry::volume)
        .collect(Collectors.toSet());
  }
}
