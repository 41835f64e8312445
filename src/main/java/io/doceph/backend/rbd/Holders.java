package io.doceph.backend.rbd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.host.process.Deadline;
import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeName;
import io.doceph.volume.VolumeUser;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Tells other hosts who uses a volume, in the index. It is for people, for fencing a host that has
 * died, and for knowing who reads, which the cluster does not; whether a volume may be written is
 * never decided by it alone.
 */
final class Holders {
  private static final Logger LOG = Logger.getLogger(Holders.class);
  private static final Duration TIME = Duration.ofSeconds(20);

  /**
   * A holder that is not in a listing of this age has announced himself since, and the cluster has
   * heard of him within the 30 s after which it takes a client for dead.
   */
  private static final Duration FRESH = Duration.ofSeconds(20);

  /**
   * An entry of the index.
   *
   * @param bootId the boot of the host that wrote it
   * @param raw the entry as it is written, to tell it from others
   */
  record Holder(VolumeUser user, String bootId, String raw) {}

  private final Index index;
  private final RbdSettings settings;

  /**
   * An entry must not be written after it was taken away, nor be taken away after it was written.
   */
  private final Turns turns;

  /** When this host last changed an entry, as {@link System#nanoTime} tells. */
  private final ConcurrentMap<VolumeName, Long> changed = new ConcurrentHashMap<>();

  private volatile long listed = System.nanoTime() - FRESH.toNanos();
  private volatile Map<VolumeName, Holder> writers = Map.of();
  private volatile Map<VolumeName, List<Holder>> readers = Map.of();

  Holders(Index index, RbdSettings settings, Background background) {
    this.index = index;
    this.settings = settings;
    this.turns = new Turns(background);
  }

  /**
   * Takes over what a listing of all places has brought; what this host changed since the listing
   * began stays.
   *
   * @param began the {@link System#nanoTime} at which the listing began
   */
  synchronized void listed(
      long began, Map<VolumeName, Holder> nowWriters, Map<VolumeName, List<Holder>> nowReaders) {
    Map<VolumeName, Holder> merged = new HashMap<>(nowWriters);
    changed.forEach(
        (volume, when) -> {
          if (when - began > 0 || turns.isBusy(volume)) {
            Holder mine = writers.get(volume);
            if (mine == null) {
              merged.remove(volume);
            } else {
              merged.put(volume, mine);
            }
          }
        });
    changed.values().removeIf(when -> when - began <= 0);
    writers = Map.copyOf(merged);
    readers = Map.copyOf(nowReaders);
    listed = began;
  }

  /** Whether nobody can have used a volume and died without the last listing knowing of him. */
  boolean areFresh() {
    return System.nanoTime() - listed < FRESH.toNanos();
  }

  /** The writer of a volume as of the last listing; it may be this host. */
  Optional<Holder> writer(VolumeName volume) {
    return Optional.ofNullable(writers.get(volume));
  }

  /** The readers of a volume as of the last listing. */
  List<Holder> readers(VolumeName volume) {
    return readers.getOrDefault(volume, List.of());
  }

  Map<VolumeName, Holder> writers() {
    return writers;
  }

  Map<VolumeName, List<Holder>> readers() {
    return readers;
  }

  /** Whether an entry is of this daemon. */
  boolean isOurs(Holder holder) {
    // A machine that was cloned with doceph's state has the same id: it is not this host.
    return settings.hostId().equals(holder.user().hostId())
        && settings.hostName().equals(holder.user().host());
  }

  /** Writes down again, beside other work, that this host uses a volume, if it still does then. */
  void announceAgain(
      VolumeName volume, Place place, boolean writer, String address, BooleanSupplier still) {
    ObjectNode entry = entry(address);
    var unused =
        turns.next(
            volume,
            () -> {
              if (still.getAsBoolean()) {
                quietly(volume, () -> write(volume, place, writer, entry, Deadline.after(TIME)));
              }
            });
  }

  /**
   * Writes down that this host is about to use a volume: were it cut off from now on, whoever takes
   * the volume over must know whom to cut off; and nobody makes a volume that is read one that is
   * written.
   *
   * @param address the client's address in the cluster, or empty for a reader
   * @throws VolumeError when that cannot be written: then the volume must not be used
   */
  void announceFirst(
      VolumeName volume, Place place, boolean writer, String address, Deadline deadline) {
    ObjectNode entry = entry(address);
    Background.join(turns.next(volume, () -> write(volume, place, writer, entry, deadline)));
  }

  private ObjectNode entry(String address) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("version", 1)
        .put("host", settings.hostName())
        .put("hostId", settings.hostId())
        .put("bootId", settings.bootId())
        .put("address", address.isEmpty() ? null : address)
        .put("since", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
  }

  private void write(
      VolumeName volume, Place place, boolean writer, ObjectNode entry, Deadline deadline) {
    index.put(place, key(volume, writer), entry, deadline);
    if (writer) {
      change(volume, holder(entry, true));
    }
  }

  /** Takes the entry away, beside other work. */
  CompletableFuture<Void> withdraw(VolumeName volume, Place place, boolean writer) {
    return withdraw(volume, place, writer, () -> true);
  }

  /** The same, if it is still to be taken away then. */
  CompletableFuture<Void> withdraw(
      VolumeName volume, Place place, boolean writer, BooleanSupplier still) {
    return turns.next(
        volume,
        () -> {
          if (still.getAsBoolean()) {
            quietly(volume, () -> remove(volume, place, writer));
          }
        });
  }

  private void remove(VolumeName volume, Place place, boolean writer) {
    index.remove(place, key(volume, writer), Deadline.after(TIME));
    if (writer) {
      change(volume, null);
    }
  }

  private static void quietly(VolumeName volume, Runnable work) {
    try {
      work.run();
    } catch (RuntimeException e) { // or nothing more would be written for this volume
      LOG.warnf("volume=%s: other hosts are told later who uses it: %s", volume, e.getMessage());
    }
  }

  private synchronized void change(VolumeName volume, @Nullable Holder holder) {
    changed.put(volume, System.nanoTime());
    Map<VolumeName, Holder> next = new HashMap<>(writers);
    if (holder == null) {
      next.remove(volume);
    } else {
      next.put(volume, holder);
    }
    writers = Map.copyOf(next);
  }

  private String key(VolumeName volume, boolean writer) {
    return volume + (writer ? Index.HOLDER : Index.READER + settings.hostId());
  }

  /** Reads an entry as the index has it; one that is damaged is as good as none. */
  static Optional<Holder> read(byte[] value, boolean writer) {
    try {
      return Optional.of(holder(Index.json(value), writer));
    } catch (VolumeError e) {
      return Optional.empty();
    }
  }

  private static Holder holder(JsonNode json, boolean writer) {
    Instant since = null;
    try {
      since = Instant.parse(json.path("since").asText());
    } catch (DateTimeParseException e) {
      LOG.debugf("an entry of a holder has no time: %s", json);
    }
    return new Holder(
        new VolumeUser(
            json.path("host").asText("?"),
            json.path("hostId").asText("?"),
            json.hasNonNull("address") ? json.path("address").asText() : null,
            since,
            writer,
            false),
        json.path("bootId").asText(),
        json.toString());
  }

  /** Reads who writes to a volume from the index, and remembers it. */
  Optional<Holder> lookUp(VolumeName volume, Place place, Deadline deadline) {
    Optional<Holder> now =
        index.get(place, key(volume, true), deadline).flatMap(value -> read(value, true));
    change(volume, now.orElse(null));
    return now;
  }

  /** Reads everybody who uses a volume from the index, for what must not miss one. */
  void refresh(VolumeName volume, Place place, Deadline deadline) {
    List<Holder> reading = new ArrayList<>();
    Holder writing = null;
    for (Map.Entry<String, byte[]> each : index.all(place, deadline).entrySet()) {
      if (each.getKey().startsWith(volume + Index.READER)) {
        read(each.getValue(), false).ifPresent(reading::add);
      } else if (each.getKey().equals(key(volume, true))) {
        writing = read(each.getValue(), true).orElse(null);
      }
    }
    change(volume, writing);
    changeReaders(volume, reading);
  }

  private synchronized void changeReaders(VolumeName volume, List<Holder> now) {
    Map<VolumeName, List<Holder>> next = new HashMap<>(readers);
    next.put(volume, List.copyOf(now));
    readers = Map.copyOf(next);
  }

  /** Takes away what is written down of a reader that is cut off, or gone for good. */
  void withdrawReader(VolumeName volume, Place place, Holder reader, Deadline deadline) {
    index.remove(place, volume + Index.READER + reader.user().hostId(), deadline);
  }

  /** All entries of one volume, from the last listing. */
  List<Holder> all(VolumeName volume) {
    List<Holder> all = new ArrayList<>(readers(volume));
    writer(volume).ifPresent(all::add);
    return all;
  }
}
