package io.doceph.backend.rbd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.host.BlockDevices;
import io.doceph.host.Filesystems;
import io.doceph.host.Tools;
import io.doceph.host.process.CommandFailure;
import io.doceph.host.process.CommandResult;
import io.doceph.host.process.Deadline;
import io.doceph.host.process.ProcessRunner;
import io.doceph.volume.Adoptable;
import io.doceph.volume.Attachment;
import io.doceph.volume.ClusterBackend;
import io.doceph.volume.DescriptionStore;
import io.doceph.volume.Finding;
import io.doceph.volume.Found;
import io.doceph.volume.Removal;
import io.doceph.volume.Trashed;
import io.doceph.volume.Volume;
import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeName;
import io.doceph.volume.VolumeSpec;
import io.doceph.volume.VolumeUser;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/**
 * One Ceph RBD image a volume. A volume in the making has its image under a private name that tells
 * which host makes it; the image gets the volume's name when all of it is done, which exactly one
 * of several hosts can. So an image of the volume's name is always whole, and what is found under a
 * private name may be undone by its host.
 */
public final class RbdBackend implements ClusterBackend {
  private static final Duration SIZE_TIME = Duration.ofSeconds(10);
  private static final Duration SIZE_LOOK = Duration.ofMillis(10);
  private static final int MAP_TRIES = 3;

  private final RbdSettings settings;
  private final RbdCommands commands;
  private final Reachability reachability = new Reachability();
  private final Cluster cluster;
  private final Background background = new Background();
  private final Holders holders;
  private final Descriptions descriptions;
  private final ImageOptions options;
  private final ImageUsers users;
  private final Claims claims;
  private final Mapper mapper;
  private final Maps maps;
  private final Trash trash;
  private final Adoption adoption;
  private final Examination examination;
  private final Tables tables;

  /** Descriptions that are being written into fresh images while these are formatted. */
  private final ConcurrentMap<VolumeName, CompletableFuture<Void>> described =
      new ConcurrentHashMap<>();

  /** Volumes that are being unmapped: their entry is withdrawn, and must not be written again. */
  private final Set<VolumeName> leaving = new HashSet<>();

  /** A backend on one cluster. */
  public RbdBackend(RbdSettings settings, Tools tools, ProcessRunner runner) {
    this.settings = settings;
    String user = settings.defaultUser();
    this.commands = new RbdCommands(tools, settings.conf(), user, settings.commandTime());
    this.cluster = new Cluster(runner, reachability);
    Index index = new Index(cluster, commands, user);
    this.holders = new Holders(index, settings, background);
    this.descriptions =
        new Descriptions(
            cluster,
            commands,
            index,
            holders,
            settings,
            new DescriptionStore(settings.stateDir().resolve("rbd-unfinished")));
    this.options = new ImageOptions(settings);
    this.users = new ImageUsers(cluster, commands, background);
    this.claims = new Claims(cluster, commands, users, holders, settings);
    this.mapper = new Mapper(cluster, commands, settings.mapper(), user);
    this.maps = new Maps(settings.runDir().resolve("rbd-maps"), settings.bootId());
    this.trash = new Trash(cluster, commands, index, descriptions, settings, background);
    this.tables = new Tables(settings);
    this.adoption =
        new Adoption(
            cluster,
            commands,
            descriptions,
            options,
            mapper,
            users,
            settings,
            new Filesystems(tools, runner).onCeph());
    this.examination = new Examination(cluster, commands, index, descriptions, mapper, settings);
  }

  @Override
  public String name() {
    return "rbd";
  }

  @Override
  public boolean isBlock() {
    return true;
  }

  @Override
  public boolean isRemote() {
    return true;
  }

  @Override
  public Removal removal() {
    return settings.removal();
  }

  @Override
  public Set<String> ownOptions() {
    return ImageOptions.NAMES;
  }

  @Override
  public void complete(ObjectNode given) {
    options.complete(given);
  }

  @Override
  public void check(VolumeSpec spec) {
    if (spec.isReadOnly()) {
      throw new VolumeError(
          VolumeError.Code.INVALID,
          "a new volume is empty and ro=true would keep it so; make it, fill it, and then `doceph"
              + " access "
              + spec.name()
              + " ro`");
    }
  }

  @Override
  public List<Found> list(Deadline deadline) {
    List<Found> all = descriptions.list(deadline);
    announceAgain();
    if (trash.hasExpired()) {
      trash.startPurge();
    }
    return all;
  }

  /** Others may not have been told who uses a volume, because the cluster did not answer then. */
  private void announceAgain() {
    for (Maps.Entry entry : maps.all()) {
      if (!entry.inUse() || entry.readOnly()) {
        continue;
      }
      Optional<Holders.Holder> holder = holders.writer(entry.volume());
      if (holder.isEmpty() || holder.get().raw().equals(entry.superseded())) {
        synchronized (leaving) {
          if (!leaving.contains(entry.volume()) && maps.get(entry.volume()).isPresent()) {
            holders.announce(entry.volume(), entry.image().place(), true, entry.address());
          }
        }
      }
    }
  }

  @Override
  public Optional<Found> find(VolumeName name, Deadline deadline) {
    return descriptions.find(name, deadline);
  }

  @Override
  public boolean reserve(Volume volume, Deadline deadline) {
    return descriptions.begin(volume);
  }

  @Override
  public void describe(Volume volume, Deadline deadline) {
    switch (volume.stage()) {
      case RESERVED, REMOVING -> descriptions.progress(volume);
      case CREATED -> {
        descriptions.progress(volume);
        Volume ready = volume.at(Volume.Stage.READY);
        Image image = descriptions.image(volume);
        described.put(
            volume.name(), background.start(() -> descriptions.writeTo(image, ready, deadline)));
      }
      case READY -> {
        Optional<Volume> begun = descriptions.unfinished(volume.name());
        boolean fresh = begun.filter(v -> v.stage() != Volume.Stage.REMOVING).isPresent();
        CompletableFuture<Void> writing = described.remove(volume.name());
        if (!fresh) {
          descriptions.update(volume, deadline);
          tables.put(volume, descriptions.image(volume));
          return;
        }
        descriptions.publish(
            volume, writing != null ? writing : written(volume, deadline), deadline);
        tables.put(volume, descriptions.image(volume));
      }
    }
  }

  private CompletableFuture<Void> written(Volume ready, Deadline deadline) {
    Image image = descriptions.image(ready.at(Volume.Stage.CREATED));
    return background.start(() -> descriptions.writeTo(image, ready, deadline));
  }

  @Override
  public void createData(Volume volume, Deadline deadline) {
    // The private name, whatever stage is given: what is under it is removed below.
    Image image = descriptions.image(volume.at(Volume.Stage.RESERVED));
    try {
      create(volume, image, deadline);
    } catch (VolumeError e) {
      if (!Cluster.exited(e, CephFailures.EEXIST)) {
        throw e;
      }
      // Nobody but this daemon uses that name: it is what an earlier attempt could not undo.
      removeFresh(volume, image, deadline);
      create(volume, image, deadline);
    }
  }

  private void create(Volume volume, Image image, Deadline deadline) {
    CommandResult unused =
        cluster.run(
            commands.create(
                image,
                volume.spec().sizeBytes(),
                ImageOptions.createArguments(volume.spec()),
                deadline),
            "volume " + volume.name() + " cannot be made in " + image.place(),
            image);
  }

  @Override
  public void removeData(Volume volume, Deadline deadline) {
    awaitDescribed(volume.name());
    unmapOurs(volume.name(), deadline);
    switch (volume.stage()) {
      case RESERVED, CREATED -> removeFresh(volume, descriptions.image(volume), deadline);
      case READY, REMOVING -> {
        trash.put(volume, deadline);
        tables.remove(volume, descriptions.image(volume));
      }
    }
  }

  /** A description that is still being written has the image open. */
  private void awaitDescribed(VolumeName name) {
    CompletableFuture<Void> writing = described.remove(name);
    if (writing != null) {
      writing.exceptionally(e -> null).join();
    }
  }

  private void removeFresh(Volume volume, Image image, Deadline deadline) {
    unmapOurs(volume.name(), deadline);
    try {
      CommandResult unused =
          cluster.run(
              commands.remove(image, deadline),
              "what was made of volume " + volume.name() + " cannot be removed",
              image);
    } catch (VolumeError e) {
      if (!Cluster.isNoImage(e)) {
        throw e;
      }
    }
  }

  private void unmapOurs(VolumeName name, Deadline deadline) {
    maps.get(name).ifPresent(entry -> unmap(entry, deadline));
  }

  @Override
  public void forget(VolumeName name, Deadline deadline) {
    descriptions.forget(name, deadline);
  }

  @Override
  public Attachment attach(Volume volume, Deadline deadline) {
    Optional<Maps.Entry> known = maps.get(volume.name());
    if (known.isPresent()) {
      Image image = known.get().image();
      Optional<Path> device = mapper.find(image, known.get().type(), deadline);
      if (device.isPresent() && image.name().equals(descriptions.image(volume).name())) {
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
      unmapOurs(volume.name(), deadline);
      throw e;
    }
    return new Attachment.Device(device);
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
        ImageUsers.Users now = claims.look(image, deadline);
        if (now.watchers().size() == 1) {
          claims.fenceTheDead(volume.name(), image, now, deadline);
          holders.announce(volume.name(), image.place(), true, now.watchers().getFirst().address());
          return device;
        }
      } catch (RuntimeException e) {
        undoMap(volume, e);
        throw e;
      }
      unmapOurs(volume.name(), deadline);
      requireNotMappedByOthers(volume, image, deadline);
      if (tries == MAP_TRIES) {
        throw new VolumeError(
            VolumeError.Code.BUSY,
            "volume "
                + volume.name()
                + " is being taken into use on several hosts at once; try again");
      }
      claims.awaitNobody(volume.name(), image, deadline);
    }
  }

  private Path attachToRead(Volume volume, Image image, Deadline deadline) {
    ImageUsers.Users now = users.both(image, deadline);
    if (now.locks().stream().anyMatch(l -> now.isWatching(l.address()))) {
      claims.awaitNobody(volume.name(), image, deadline);
    }
    claims.fenceTheDead(volume.name(), image, now, deadline);
    Path device = mapAs(volume, image, true, deadline);
    holders.announce(volume.name(), image.place(), false, null);
    return device;
  }

  private Path mapAs(Volume volume, Image image, boolean inUse, Deadline deadline) {
    boolean readOnly = volume.spec().isReadOnly();
    String before = holders.writer(volume.name()).map(Holders.Holder::raw).orElse("");
    maps.put(
        new Maps.Entry(
            volume.name(), image, mapper.type(), readOnly, inUse, "", before, Instant.now()));
    try {
      Path device =
          mapper.map(
              image,
              ImageOptions.mapOptions(volume.spec().options()),
              readOnly,
              "volume " + volume.name() + " cannot be mapped",
              deadline);
      Maps.Entry written = maps.get(volume.name()).orElseThrow();
      if (!written.type().equals(mapper.type())) {
        maps.put(written.by(mapper.type()));
      }
      return device;
    } catch (VolumeError e) {
      boolean surelyNot =
          Cluster.failure(e).filter(f -> f.kind() == CommandFailure.Kind.EXIT).isPresent();
      if (surelyNot) {
        maps.remove(volume.name());
      }
      throw Cluster.isNoImage(e) && inUse ? gone(volume, image, e) : e;
    }
  }

  private static VolumeError gone(Volume volume, Image image, VolumeError cause) {
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
      unmapOurs(volume.name(), Deadline.after(settings.commandTime()));
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

  @Override
  public void detach(VolumeName name, Attachment attachment, Deadline deadline) {
    unmapOurs(name, deadline);
  }

  private void unmap(Maps.Entry entry, Deadline deadline) {
    VolumeName name = entry.volume();
    Optional<Holders.Holder> writer = holders.writer(name);
    boolean takenOver = entry.inUse() && writer.isPresent() && !holders.isOurs(writer.get());
    boolean superseded =
        writer.map(Holders.Holder::raw).filter(entry.superseded()::equals).isPresent();
    boolean lost = takenOver && !superseded && !entry.readOnly();
    CompletableFuture<Void> told;
    synchronized (leaving) {
      leaving.add(name);
      told =
          entry.inUse() && !lost
              ? holders.withdraw(name, entry.image().place(), !entry.readOnly())
              : CompletableFuture.completedFuture(null);
    }
    String what = "volume " + name + " cannot be unmapped";
    try {
      // Of a client that is cut off, what is not written yet never will be.
      mapper.unmap(entry.image(), entry.type(), lost, what, deadline);
      maps.remove(name);
    } catch (VolumeError e) {
      if (Cluster.exited(e, CephFailures.EBUSY)) {
        Optional<Path> device = mapper.find(entry.image(), entry.type(), deadline);
        throw device.isPresent() ? DeviceUsers.explain(what, device.get(), e) : e;
      }
      throw e;
    } finally {
      synchronized (leaving) {
        leaving.remove(name);
      }
    }
    told.join();
  }

  @Override
  public void growData(Volume volume, long bytes, Deadline deadline) {
    Image image = descriptions.image(volume);
    String what = "volume " + volume.name() + " cannot grow";
    try {
      CommandResult unused = cluster.run(commands.resize(image, bytes, deadline), what, image);
    } catch (VolumeError e) {
      // As large already, or larger.
      if (!Cluster.exited(e, CephFailures.EINVAL)) {
        throw Cluster.isNoImage(e) ? gone(volume, image, e) : e;
      }
    }
    Optional<Maps.Entry> entry = maps.get(volume.name());
    Optional<Path> device = entry.flatMap(e -> mapper.find(e.image(), e.type(), deadline));
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

  @Override
  public Map<VolumeName, Path> attached(Deadline deadline) {
    Map<VolumeName, Path> attached = new HashMap<>();
    if (maps.all().isEmpty()) {
      return attached;
    }
    List<Mapper.Device> devices = mapper.devices(mapper.type(), deadline);
    for (Maps.Entry entry : maps.all()) {
      devices.stream()
          .filter(
              d ->
                  d.place().equals(entry.image().place()) && d.image().equals(entry.image().name()))
          .findFirst()
          .ifPresent(d -> attached.put(entry.volume(), d.path()));
    }
    return attached;
  }

  @Override
  public long freeBytes(Deadline deadline) {
    return -1; // thin images: a pool's free space is the cluster's to watch
  }

  @Override
  public Map<VolumeName, VolumeUser> writersElsewhere() {
    Map<VolumeName, VolumeUser> elsewhere = new HashMap<>(holders.elsewhere());
    for (Maps.Entry entry : maps.all()) {
      // What was there before this host mapped it says nothing about who has it now.
      if (holders
          .writer(entry.volume())
          .filter(h -> h.raw().equals(entry.superseded()))
          .isPresent()) {
        elsewhere.remove(entry.volume());
      }
    }
    return elsewhere;
  }

  @Override
  public Set<VolumeName> recordedAttachments() {
    return maps.all().stream().map(Maps.Entry::volume).collect(Collectors.toSet());
  }

  @Override
  public List<VolumeUser> users(Volume volume, Deadline deadline) {
    return claims.users(volume.name(), descriptions.image(volume), deadline);
  }

  @Override
  public void requireRemovable(Volume volume, Deadline deadline) {
    Image image = descriptions.image(volume);
    unmapOurs(volume.name(), deadline); // it is not mounted, as the service has seen
    try {
      JsonNode info =
          cluster.json(
              commands.info(image, deadline),
              "volume " + volume.name() + " cannot be looked at",
              image);
      requireNoSnapshots(volume, image, info);
      claims.requireNobody(volume.name(), image, deadline);
    } catch (VolumeError e) {
      if (!Cluster.isNoImage(e)) {
        throw e;
      }
    }
  }

  private static void requireNoSnapshots(Volume volume, Image image, JsonNode info) {
    int snapshots = info.path("snapshot_count").asInt();
    if (snapshots > 0) {
      throw new VolumeError(
          VolumeError.Code.IN_USE,
          "volume "
              + volume.name()
              + " has "
              + snapshots
              + (snapshots == 1 ? " snapshot" : " snapshots")
              + ", which would be lost with it, and clones may depend on them; look at `rbd snap ls "
              + image
              + "`, and `rbd snap purge "
              + image
              + "` first");
    }
  }

  @Override
  public List<String> fence(Volume volume, Deadline deadline) {
    return claims.fence(volume.name(), descriptions.image(volume), null, deadline);
  }

  @Override
  public Volume adopt(VolumeName name, ObjectNode given, Deadline deadline) {
    Volume volume = adoption.adopt(name, given, deadline);
    tables.put(volume, descriptions.image(volume));
    return volume;
  }

  @Override
  public List<Trashed> trash() {
    return descriptions.trash().stream().map(Descriptions.InTrash::trashed).toList();
  }

  @Override
  public Volume restore(Trashed trashed, VolumeName as, Deadline deadline) {
    Volume volume = trash.restore(trashed, as, deadline);
    tables.put(volume, descriptions.image(volume));
    return volume;
  }

  @Override
  public void purge(Trashed trashed, Deadline deadline) {
    trash.purge(trashed, deadline);
  }

  @Override
  public List<Finding> examine(boolean repair, Set<VolumeName> busy, Deadline deadline) {
    return examination.all(repair, busy, deadline);
  }

  @Override
  public Map<String, String> facts() {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("mapper", mapper.text());
    facts.put("conf", settings.conf().toString());
    facts.put("pools", String.join(", ", settings.places()));
    facts.put("user", settings.defaultUser());
    String problem = reachability.problem();
    facts.put("cluster", problem == null ? "answers" : problem);
    return facts;
  }

  @Override
  public List<Adoptable> legacy(Path metadata) {
    return adoption.legacy(metadata);
  }

  @Override
  public List<String> legacyAdopted(Path metadata, Adoptable adopted) {
    return adoption.legacyAdopted(metadata, adopted.name());
  }
}
