package io.doceph.volume;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What volumes exist, in memory: every answer to Get and List comes from here. This host's own
 * changes are entered at once, those of other hosts by {@link #merge}.
 */
final class Catalogue {
  private record Entry(Found found, String backend, long changed) {}

  /** By name, so that no listing has to sort. */
  private final ConcurrentNavigableMap<VolumeName, Entry> entries = new ConcurrentSkipListMap<>();

  private final ConcurrentMap<VolumeName, Long> removed = new ConcurrentHashMap<>();
  private final AtomicLong changes = new AtomicLong();

  /** Goes up with every change: equal revisions mean equal contents. */
  long revision() {
    return changes.get();
  }

  Optional<Found> get(VolumeName name) {
    Entry e = entries.get(name);
    return e == null ? Optional.empty() : Optional.of(e.found());
  }

  /** The backend that a name was last seen in. */
  Optional<String> backendOf(VolumeName name) {
    return Optional.ofNullable(entries.get(name)).map(Entry::backend);
  }

  synchronized void put(Found found, String backend) {
    removed.remove(found.name());
    entries.put(found.name(), new Entry(found, backend, changes.incrementAndGet()));
  }

  synchronized void remove(VolumeName name) {
    entries.remove(name);
    removed.put(name, changes.incrementAndGet());
  }

  /** All entries, by name. */
  Collection<Found> all() {
    List<Found> all = new ArrayList<>();
    entries.values().forEach(e -> all.add(e.found()));
    return all;
  }

  /** All entries of one backend, by name. */
  List<Found> of(String backend) {
    return entries.values().stream()
        .filter(e -> e.backend().equals(backend))
        .map(Entry::found)
        .toList();
  }

  int size() {
    return entries.size();
  }

  /**
   * Takes over what a backend was asked at {@code revision}, unless the name changed here since:
   * the answer may be older.
   *
   * @return whether it was news
   */
  synchronized boolean learn(Found found, String backend, long revision) {
    Entry known = entries.get(found.name());
    boolean removedSince = removed.getOrDefault(found.name(), 0L) > revision;
    boolean changedSince = known != null && known.changed() > revision;
    // The same name in two backends: the first one stays, or each listing would exchange them.
    boolean another = known != null && !known.backend().equals(backend);
    boolean same = known != null && known.found().equals(found);
    if (removedSince || changedSince || another || same) {
      return false;
    }
    put(found, backend);
    return true;
  }

  /**
   * Takes over a backend's listing that began at {@code revision}. Names that changed here since
   * then keep what is known of them: the listing may be older.
   *
   * @return the names that the listing brought or took away
   */
  synchronized List<VolumeName> merge(String backend, Collection<Found> listing, long revision) {
    Map<VolumeName, Found> seen = new HashMap<>();
    listing.forEach(f -> seen.put(f.name(), f));
    List<VolumeName> changed = new ArrayList<>();
    for (Found found : listing) {
      if (learn(found, backend, revision)) {
        changed.add(found.name());
      }
    }
    for (Map.Entry<VolumeName, Entry> e : entries.entrySet()) { // it may change meanwhile
      boolean gone = e.getValue().backend().equals(backend) && !seen.containsKey(e.getKey());
      if (gone && e.getValue().changed() <= revision) {
        remove(e.getKey());
        changed.add(e.getKey());
      }
    }
    removed.values().removeIf(when -> when <= revision);
    return changed;
  }
}
