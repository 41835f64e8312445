package io.doceph.backend.rbd;

import io.doceph.host.BlockDevices;
import io.doceph.host.process.CommandFailure;
import io.doceph.host.process.Deadline;
import io.doceph.volume.Attachment;
import io.doceph.volume.ChangedElsewhere;
import io.doceph.volume.Found;
import io.doceph.volume.Volume;
import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeName;
import io.doceph.volume.VolumeUser;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Gets volumes' images onto this host and off it: each map is written down before it is made, and a
 * map is only used once {@link Claims} has seen that this host alone has the image open.
 */
final class Attachments {
  private static final Logger LOG = Logger.getLogger(Attachments.class);
  private static final Duration SIZE_TIME = Duration.ofSeconds(10);
  private static final Duration SIZE_LOOK = Duration.ofMillis(10);
  private static final int MAP_TRIES = 3;

  private final RbdSettings settings;
  private final Descriptions descriptions;
  private final ImageUsers users;
  private final Claims claims;
  private final Holders holders;
  private final Mapper mapper;
  private final Maps maps;
  private final Tables tables;
  private final Background background;

  Attachments(
      RbdSettings settings,
      Descriptions descriptions,
      ImageUsers users,
      Claims claims,
      Holders holders,
      Mapper mapper,
      Maps maps,
      Tables tables,
      Background background) {
    this.settings = settings;
    this.descriptions = descriptions;
    this.users = users;
    this.claims = claims;
    this.holders = holders;
    this.mapper = mapper;
    this.maps = maps;
    this.tables = tables;
    this.background = background;
  }

  /** Maps a volume's image, if need be after waiting for a dead host to be known as dead. */
  Attachment attach(Volume volume, Deadline deadline) {
    Optional<Maps.Entry> known = maps.get(volume.name());
    if (known.isPresent()) {
      Image image = known.get().image();
      Optional<Path> device = mapper.find(image, known.get().type(), deadline);
      if (device.isPresent()
          && image.name().equals(descriptions.image(volume).name())
          && known.get().readOnly() == volume.spec().isReadOnly()
          && !known.get().cutOff()
          && isVerified(known.get(), volume)) {
        if (known.get().readOnly()) { // an interrupted unmount may have told that it is not read
          announceReading(volume, known.get().image(), deadline);
        }
        return new Attachment.Device(device.get());
      }
      unmap(known.get(), deadline);
    }
    Path device =
        volume.stage() == Volume.Stage.READY
            ? attachForUse(volume, deadline)
            : mapAs(volume, descriptions.image(volume), false, deadline);
    try {
      requireSize(volume, device);
    } catch (VolumeError e) {
      detach(volume.name(), deadline);
      throw e;
    }
    return new Attachment.Device(device);
  }

  /** A daemon may have been killed between the map and the look at who else has the image open. */
  private static boolean isVerified(Maps.Entry entry, Volume volume) {
    return volume.stage() != Volume.Stage.READY
        || (entry.inUse() && (entry.readOnly() || !entry.address().isEmpty()));
  }

  private Path attachForUse(Volume volume, Deadline deadline) {
    Image image = descriptions.image(volume);
    tables.put(volume, image); // a volume that another host has made
    if (volume.spec().isReadOnly()) {
      return attachToRead(volume, image, deadline);
    }
    if (claims.isSuspect(volume.name())) {
      claims.awaitNobody(volume.name(), image, deadline);
    }
    for (int tries = 1; ; tries++) {
      Path device = mapAs(volume, image, true, deadline);
      try {
        CompletableFuture<Optional<Found>> now =
            background.start(() -> descriptions.published(volume.name(), image.place(), deadline));
        List<ImageUsers.Watcher> watchers =
            Background.beside(now, () -> claims.look(image, deadline));
        requireAsKnown(volume, Background.join(now), deadline);
        if (watchers.size() == 1) {
          claims.fenceTheWriter(volume.name(), image, watchers, deadline);
          String address = watchers.getFirst().address();
          String before = holders.writer(volume.name()).map(Holders.Holder::raw).orElse("");
          maps.put(maps.get(volume.name()).orElseThrow().at(address, before));
          holders.announceFirst(volume.name(), image.place(), true, address, deadline);
          return device;
        }
      } catch (RuntimeException e) {
        undoMap(volume, e);
        throw e;
      }
      detachDevice(volume, device, deadline);
      requireNotMappedByOthers(volume, image, deadline);
      if (tries == MAP_TRIES) {
        throw new VolumeError(
            VolumeError.Code.BUSY,
            "volume "
                + volume.name()
                + " is being taken into use on several hosts at once; try again");
      }
      Claims.stepAside(tries);
      claims.awaitNobody(volume.name(), image, deadline);
    }
  }

  /** By the device, since somebody else may have mapped the same image here. */
  private void detachDevice(Volume volume, Path device, Deadline deadline) {
    Maps.Entry entry = maps.get(volume.name()).orElseThrow();
    mapper.unmapDevice(
        entry.image(),
        device,
        entry.type(),
        "volume " + volume.name() + " cannot be unmapped",
        deadline);
    maps.remove(volume.name());
  }

  private Path attachToRead(Volume volume, Image image, Deadline deadline) {
    record(volume, image, true);
    try {
      prepareToRead(volume, image, deadline);
    } catch (RuntimeException e) {
      forgetReader(volume, image); // nothing is mapped
      throw e;
    }
    try {
      return map(volume, image, deadline);
    } catch (VolumeError e) {
      if (isExit(e)) {
        forgetReader(volume, image);
      } else {
        undoMap(volume, e);
      }
      throw e;
    }
  }

  private void forgetReader(Volume volume, Image image) {
    maps.remove(volume.name());
    var unused = holders.withdraw(volume.name(), image.place(), false);
  }

  private static boolean isExit(VolumeError error) {
    return Cluster.failure(error).filter(f -> f.kind() == CommandFailure.Kind.EXIT).isPresent();
  }

  private void prepareToRead(Volume volume, Image image, Deadline deadline) {
    announceReading(volume, image, deadline);
    ImageUsers.Users now = users.both(image, deadline);
    if (now.hasLiveWriter()) { // one that is no doceph, or has not seen yet that nobody may write
      claims.awaitNobody(volume.name(), image, deadline);
      now = users.both(image, deadline);
    }
    claims.fenceTheDead(volume.name(), image, now, deadline);
  }

  /** First it is written down who reads: whoever lets others write sees it, or is seen here. */
  private void announceReading(Volume volume, Image image, Deadline deadline) {
    holders.announceFirst(volume.name(), image.place(), false, "", deadline);
    requireAsKnown(
        volume, descriptions.published(volume.name(), image.place(), deadline), deadline);
  }

  /**
   * What this host remembers may be older than what another host has made of it.
   *
   * @param published what the index says now
   */
  private void requireAsKnown(Volume known, Optional<Found> published, Deadline deadline) {
    // The index may have lost it, or be damaged: then the image itself says it.
    Volume now =
        published
            .map(Found::volume)
            .or(() -> descriptions.ofImage(descriptions.image(known), deadline))
            .orElseThrow(() -> gone(known, descriptions.image(known), null));
    if (!now.equals(known)) {
      throw new ChangedElsewhere(now);
    }
    if (now.spec().isSet(Access.CHANGING)) {
      throw new VolumeError(
          VolumeError.Code.BUSY,
          "volume "
              + now.name()
              + " is just being made one that is read or one that is written; try again, and if that"
              + " was interrupted, `doceph access "
              + now.name()
              + " ro` or `rw` finishes it");
    }
  }

  private Path mapAs(Volume volume, Image image, boolean inUse, Deadline deadline) {
    record(volume, image, inUse);
    try {
      return map(volume, image, deadline);
    } catch (VolumeError e) {
      if (isExit(e)) {
        maps.remove(volume.name());
      }
      throw Cluster.isNoImage(e) && inUse ? gone(volume, image, e) : e;
    }
  }

  private void record(Volume volume, Image image, boolean inUse) {
    String before = holders.writer(volume.name()).map(Holders.Holder::raw).orElse("");
    boolean readOnly = volume.spec().isReadOnly();
    Instant now = Instant.now();
    maps.put(
        new Maps.Entry(
            volume.name(), image, mapper.type(), readOnly, inUse, "", false, before, now));
  }

  private Path map(Volume volume, Image image, Deadline deadline) {
    Path device =
        mapper.map(
            image,
            ImageOptions.mapOptions(volume.spec().options()),
            volume.spec().isReadOnly(),
            "volume " + volume.name() + " cannot be mapped",
            deadline);
    Maps.Entry written = maps.get(volume.name()).orElseThrow();
    if (!written.type().equals(mapper.type())) {
      maps.put(written.by(mapper.type()));
    }
    return device;
  }

  static VolumeError gone(Volume volume, Image image, @Nullable VolumeError cause) {
    return new VolumeError(
        VolumeError.Code.FAILED,
        "the image "
            + image
            + " of volume "
            + volume.name()
            + " is gone; `doceph trash list` may have it, else restore a backup, or remove the"
            + " volume",
        cause);
  }

  /** An image that somebody else has mapped here is neither used nor unmapped. */
  private void requireNotMappedByOthers(Volume volume, Image image, Deadline deadline) {
    Optional<Path> device = mapper.find(image, mapper.type(), deadline);
    if (device.isPresent() && maps.get(volume.name()).isEmpty()) {
      throw new VolumeError(
          VolumeError.Code.IN_USE,
          "volume "
              + volume.name()
              + " is mapped on this host as "
              + device.get()
              + ", and not by doceph; `rbd device unmap "
              + device.get()
              + "` when nothing uses it");
    }
  }

  private void undoMap(Volume volume, RuntimeException cause) {
    boolean stuck =
        cause instanceof VolumeError e
            && Cluster.failure(e).filter(f -> f.kind() == CommandFailure.Kind.STUCK).isPresent();
    if (stuck) {
      return;
    }
    try {
      detach(volume.name(), Deadline.after(settings.commandTime()));
    } catch (VolumeError e) {
      cause.addSuppressed(e);
    }
  }

  private static void requireSize(Volume volume, Path device) {
    long bytes = BlockDevices.sizeBytes(device).orElse(0);
    if (bytes < volume.spec().sizeBytes() && volume.growTo() == 0) {
      throw new VolumeError(
          VolumeError.Code.FAILED,
          "volume "
              + volume.name()
              + " should have "
              + volume.spec().sizeBytes()
              + " bytes and its image has "
              + bytes
              + ": somebody made it smaller, and its filesystem may be damaged; `rbd resize` it back"
              + " and check it, or restore a backup");
    }
  }

  /** Takes a volume's device away; none of ours is success. */
  void detach(VolumeName name, Deadline deadline) {
    maps.get(name).ifPresent(entry -> unmap(entry, deadline));
  }

  private void unmap(Maps.Entry entry, Deadline deadline) {
    VolumeName name = entry.volume();
    Optional<Holders.Holder> writer = holders.writer(name);
    // Before the address is known nobody was told, and the entry is that of whoever has it.
    boolean announced = entry.inUse() && !entry.address().isEmpty();
    boolean takenOver = announced && writer.isPresent() && !holders.isOurs(writer.get());
    boolean superseded =
        writer.map(Holders.Holder::raw).filter(entry.superseded()::equals).isPresent();
    boolean lost = entry.cutOff() || (takenOver && !superseded && !entry.readOnly());
    CompletableFuture<Void> told =
        maps.leave(
            name,
            () ->
                announced && !(lost && takenOver)
                    ? holders.withdraw(name, entry.image().place(), true)
                    : CompletableFuture.completedFuture(null));
    String what = "volume " + name + " cannot be unmapped";
    try {
      // Of a client that is cut off, what is not written yet never will be.
      mapper.unmap(entry.image(), entry.type(), lost, what, deadline);
      maps.remove(name);
      if (entry.inUse() && entry.readOnly()) { // not earlier: the cluster does not know who reads
        told = holders.withdraw(name, entry.image().place(), false);
      }
    } catch (VolumeError e) {
      if (Cluster.exited(e, CephFailures.EBUSY)) {
        Optional<Path> device = mapper.find(entry.image(), entry.type(), deadline);
        throw device.isPresent() ? DeviceUsers.explain(what, device.get(), e) : e;
      }
      throw e;
    } finally {
      maps.left(name);
    }
    awaitBriefly(told, deadline);
  }

  /** Waits until a volume's device, if it has one, is as large as its image. */
  void awaitSize(VolumeName name, long bytes, String what, Deadline deadline) {
    Optional<Path> device = maps.get(name).flatMap(e -> mapper.find(e.image(), e.type(), deadline));
    device.ifPresent(d -> awaitSize(d, bytes, what, deadline));
  }

  /** The kernel is told by the cluster, a moment later. */
  private static void awaitSize(Path device, long bytes, String what, Deadline deadline) {
    Deadline end = deadline.sooner(SIZE_TIME);
    while (BlockDevices.sizeBytes(device).orElse(0) < bytes) {
      if (end.expired()) {
        throw new VolumeError(
            VolumeError.Code.FAILED,
            what
                + ": its image has the new size and the device "
                + device
                + " has not; try again, or unmount it and try again");
      }
      LockSupport.parkNanos(SIZE_LOOK.toNanos());
    }
  }

  /** The devices that doceph's maps have now, by volume. */
  Map<VolumeName, Path> all(Deadline deadline) {
    Map<VolumeName, Path> attached = new HashMap<>();
    Set<String> types = maps.all().stream().map(Maps.Entry::type).collect(Collectors.toSet());
    for (String type : types) {
      List<Mapper.Device> devices = mapper.devices(type, deadline);
      for (Maps.Entry entry : maps.all()) {
        devices.stream()
            .filter(d -> entry.type().equals(type) && d.isOf(entry.image()))
            .findFirst()
            .ifPresent(d -> attached.put(entry.volume(), d.path()));
      }
    }
    return attached;
  }

  /** What doceph has mapped here, as it was written down. */
  Collection<Maps.Entry> entries() {
    return maps.all();
  }

  /** The volumes that may be mapped here, from what was written down. */
  Set<VolumeName> recorded() {
    return maps.all().stream().map(Maps.Entry::volume).collect(Collectors.toSet());
  }

  /** Others are told sooner or later; the operation has a deadline. */
  private static void awaitBriefly(CompletableFuture<Void> told, Deadline deadline) {
    try {
      told.get(deadline.remaining().toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      LOG.debugf("others have not been told yet: %s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Takes the entry of a holder that was cut off away: by this it notices. */
  void disown(VolumeName name, Image image) {
    holders.withdraw(name, image.place(), true).join();
  }

  /**
   * Detaches what an interrupted call has left mapped, so that this host does not cut itself off.
   */
  void detachUnused(VolumeName name, Deadline deadline) {
    if (maps.get(name).filter(e -> !e.cutOff()).isPresent() && writerElsewhere(name).isEmpty()) {
      detach(name, deadline);
    }
  }

  /** Who writes to volumes on other hosts, as of the last listing. */
  Map<VolumeName, VolumeUser> writersElsewhere() {
    Map<VolumeName, VolumeUser> elsewhere = new HashMap<>();
    for (VolumeName name : holders.writers().keySet()) {
      writerElsewhere(name).ifPresent(user -> elsewhere.put(name, user));
    }
    return elsewhere;
  }

  /** Who writes to a volume on another host, as of the last listing. */
  Optional<VolumeUser> writerElsewhere(VolumeName volume) {
    Optional<Holders.Holder> writer = holders.writer(volume).filter(h -> !holders.isOurs(h));
    // What was there before this host mapped it says nothing about who has it now; and a volume
    // that is read has no writer.
    boolean superseded =
        writer.isPresent()
            && maps.get(volume)
                .filter(e -> e.readOnly() || e.superseded().equals(writer.get().raw()))
                .isPresent();
    return superseded ? Optional.empty() : writer.map(Holders.Holder::user);
  }
}
