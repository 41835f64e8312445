package io.doceph.volume;

import io.doceph.host.process.Deadline;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;

/**
 * Volumes in memory, each with an empty directory to hand out. A test can make each of its steps
 * wait or fail.
 */
public final class MemoryBackend implements VolumeBackend {
  /** What several instances share, as hosts share a cluster. */
  public static final class Place {
    private final Path directory;
    private final ConcurrentMap<VolumeName, Found> descriptions = new ConcurrentHashMap<>();
    private final ConcurrentMap<VolumeName, String> data = new ConcurrentHashMap<>();

    /** A place whose directories are under one that exists. */
    public Place(Path directory) {
      this.directory = directory;
    }

    void damage(VolumeName name) {
      descriptions.put(name, Found.damaged(name, "its description is damaged: a test did it"));
    }

    void putForeign(VolumeName name) {
      data.put(name, "foreign");
    }

    String owner(VolumeName name) {
      return data.getOrDefault(name, "");
    }

    void lose(VolumeName name) {
      data.remove(name);
    }

    void describe(Volume volume) {
      descriptions.put(volume.name(), Found.of(volume));
    }

    Optional<Volume> described(VolumeName name) {
      return Optional.ofNullable(descriptions.get(name)).map(Found::volume);
    }
  }

  /** A step that waits until it is let go. */
  static final class Hold {
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);

    /** Waits until the step has begun. */
    void awaitReached() throws InterruptedException {
      reached.await();
    }

    /** Lets the step go on. */
    void release() {
      released.countDown();
    }

    private void pass() {
      reached.countDown();
      try {
        released.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }
  }

  private static final String OURS = "ours";

  private final String name;
  private final Place place;
  private final ConcurrentMap<String, Hold> holds = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, RuntimeException> failures = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, Integer> calls = new ConcurrentHashMap<>();

  /** A backend of that name on a place. */
  public MemoryBackend(String name, Place place) {
    this.name = name;
    this.place = place;
  }

  /**
   * From now on the step (a method's name, or {@code method:volume}) waits at its beginning, until
   * released.
   */
  Hold hold(String step) {
    Hold hold = new Hold();
    holds.put(step, hold);
    return hold;
  }

  /** Who comes to the step from now on does not wait; who waits already does so until released. */
  void holdNoMore(String step) {
    Hold unused = holds.remove(step);
  }

  /** From now on the step fails. */
  void fail(String step, RuntimeException failure) {
    failures.put(step, failure);
  }

  /** Neither waits nor fails from now on. */
  void heal() {
    holds.values().forEach(Hold::release);
    holds.clear();
    failures.clear();
  }

  /** How often a method was called. */
  int calls(String method) {
    return calls.getOrDefault(method, 0);
  }

  private void step(String method, String volume) {
    calls.merge(method, 1, Integer::sum);
    for (String key : List.of(method, method + ":" + volume)) {
      Hold hold = holds.get(key);
      if (hold != null) {
        hold.pass();
      }
      RuntimeException failure = failures.get(key);
      if (failure != null) {
        throw failure;
      }
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public boolean isBlock() {
    return false;
  }

  @Override
  public boolean isShared() {
    return true;
  }

  @Override
  public Set<String> ownOptions() {
    return Set.of("colour");
  }

  @Override
  public void check(VolumeSpec spec) {
    if (spec.options().path("colour").asText().equals("invisible")) {
      throw new VolumeError(VolumeError.Code.INVALID, "no volume is invisible");
    }
  }

  @Override
  public List<Found> list(Deadline deadline) {
    step("list", "");
    return new ArrayList<>(place.descriptions.values());
  }

  @Override
  public Optional<Found> find(VolumeName volume, Deadline deadline) {
    step("find", volume.value());
    Optional<Found> found = Optional.ofNullable(place.descriptions.get(volume));
    step("found", volume.value());
    return found;
  }

  @Override
  public boolean reserve(Volume volume, Deadline deadline) {
    step("reserve", volume.name().value());
    return place.descriptions.putIfAbsent(volume.name(), Found.of(volume)) == null;
  }

  @Override
  public void describe(Volume volume, Deadline deadline) {
    step("describe", volume.name().value());
    step("describe-" + volume.stage().text(), volume.name().value());
    place.describe(volume);
  }

  @Override
  public void createData(Volume volume, Deadline deadline) {
    step("createData", volume.name().value());
    if (place.data.putIfAbsent(volume.name(), OURS) != null) {
      throw new VolumeError(
          VolumeError.Code.CONFLICT, "something is in the place of volume " + volume.name());
    }
  }

  @Override
  public void removeData(Volume volume, Deadline deadline) {
    step("removeData", volume.name().value());
    if (place.data.remove(volume.name(), OURS)) {
      delete(directory(volume.name()));
    }
  }

  @Override
  public void forget(VolumeName volume, Deadline deadline) {
    step("forget", volume.value());
    place.descriptions.remove(volume);
  }

  @Override
  public Attachment attach(Volume volume, Deadline deadline) {
    step("attach", volume.name().value());
    if (!OURS.equals(place.data.get(volume.name()))) {
      throw new VolumeError(
          VolumeError.Code.FAILED, "the data of volume " + volume.name() + " is gone");
    }
    try {
      return new Attachment.Directory(Files.createDirectories(directory(volume.name())));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void detach(VolumeName volume, Attachment attachment, Deadline deadline) {
    step("detach", volume.value());
  }

  @Override
  public void growData(Volume volume, long bytes, Deadline deadline) {
    step("growData", volume.name().value());
  }

  @Override
  public Map<VolumeName, Path> attached(Deadline deadline) {
    step("attached", "");
    return Map.of();
  }

  @Override
  public long freeBytes(Deadline deadline) {
    return -1;
  }

  private Path directory(VolumeName volume) {
    return place.directory.resolve(volume.value());
  }

  private static void delete(Path tree) {
    try (Stream<Path> files = Files.exists(tree) ? Files.walk(tree) : Stream.of()) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
