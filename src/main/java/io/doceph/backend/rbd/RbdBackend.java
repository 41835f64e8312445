package io.doceph.backend.rbd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.host.Filesystems;
import io.doceph.host.Tools;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;

/**
 * One Ceph RBD image a volume. A volume in the making has its image under a private name that tells
 * which host makes it; the image gets the volume's name when all of it is done, which exactly one
 * of several hosts can. So an image of the volume's name is always whole, and what is found under a
 * private name may be undone by its host.
 */
public final class RbdBackend implements ClusterBackend {
  private static final Logger LOG = Logger.getLogger(RbdBackend.class);

  private final RbdSettings settings;
  private final RbdCommands commands;
  private final Reachability reachability = new Reachability();
  private final Cluster cluster;
  private final Background background = new Background();
  private final Attachments attachments;
  private final Holding holding;
  private final Descriptions descriptions;
  private final ImageOptions options;
  private final Claims claims;
  private final Mapper mapper;
  private final MissingImages missingImages;
  private final NameClaims names;
  private final Access access;
  private final Trash trash;
  private final Adoption adoption;
  private final Examination examination;
  private final Tables tables;

  /** What the cluster refused to make: there is nothing to be taken away, and maybe no right to. */
  private final Set<VolumeName> neverMade = ConcurrentHashMap.newKeySet();

  /** A backend on one cluster. */
  public RbdBackend(RbdSettings settings, Tools tools, ProcessRunner runner) {
    this.settings = settings;
    String user = settings.defaultUser();
    this.commands = new RbdCommands(tools, settings.conf(), user, settings.commandTime());
    this.cluster =
        new Cluster(runner, settings.conf(), reachability, new FullPools(runner, commands));
    Index index = new Index(cluster, commands, user);
    Holders holders = new Holders(index, settings, background);
    this.descriptions =
        new Descriptions(
            cluster,
            commands,
            index,
            holders,
            settings,
            new DescriptionStore(settings.stateDir().resolve("rbd-unfinished")));
    this.options = new ImageOptions(settings);
    ImageUsers users = new ImageUsers(cluster, commands, background);
    this.claims = new Claims(cluster, commands, users, holders, settings);
    this.mapper = new Mapper(cluster, commands, settings.mapper(), user);
    this.tables = new Tables(settings);
    Maps maps = new Maps(settings.runDir().resolve("rbd-maps"), settings.bootId());
    this.holding = new Holding(maps, holders, claims, descriptions, settings);
    this.attachments =
        new Attachments(
            settings, descriptions, users, claims, holders, mapper, maps, tables, background);
    this.missingImages = new MissingImages(cluster, commands);
    this.names = new NameClaims(cluster, commands, index, settings, background);
    this.access = new Access(descriptions, users, claims, holders, settings);
    this.trash = new Trash(cluster, commands, index, descriptions, holders, settings, background);
    this.adoption =
        new Adoption(
            cluster,
            commands,
            descriptions,
            options,
            mapper,
            maps,
            users,
            settings,
            new Filesystems(tools, runner).onCeph());
    this.examination =
        new Examination(cluster, commands, index, descriptions, mapper, trash, settings);
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
    CompletableFuture<Map<VolumeName, String>> missing =
        background.start(() -> missingImages.among(attachments.entries(), deadline));
    List<Found> listed = Background.beside(missing, () -> descriptions.list(deadline));
    List<Found> all = MissingImages.mark(listed, Background.join(missing));
    try {
      holding.look(deadline);
    } catch (RuntimeException e) {
      LOG.warnf("whether this host is cut off cannot be said now: %s", e.getMessage());
    }
    names.releaseOwed();
    trash.settleOwed();
    if (trash.hasExpired()) {
      trash.startPurge();
    }
    return all;
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
        boolean isNew = isAt(volume, Volume.Stage.RESERVED); // and not ready, and undone
        descriptions.progress(volume);
        if (isNew) {
          // Before it is mapped: metadata are written by whoever has the image's exclusive lock.
          descriptions.writeTo(descriptions.image(volume), volume.at(Volume.Stage.READY), deadline);
        }
      }
      case READY -> {
        Optional<Volume> begun = descriptions.unfinished(volume.name());
        if (begun.isEmpty()) {
          descriptions.update(volume, deadline);
          tables.put(volume, descriptions.image(volume));
          return;
        }
        if (begun.get().stage() == Volume.Stage.REMOVING) {
          descriptions.cancelRemoval(volume.name());
          return;
        }
        Place place = ImageOptions.place(volume.spec());
        names.require(volume.name(), place, deadline);
        descriptions.publish(volume, deadline);
        names.release(volume.name(), place);
        tables.put(volume, descriptions.image(volume));
      }
    }
  }

  private boolean isAt(Volume volume, Volume.Stage stage) {
    return descriptions.unfinished(volume.name()).filter(v -> v.stage() == stage).isPresent();
  }

  @Override
  public void createData(Volume volume, Deadline deadline) {
    // The private name, whatever stage is given: what is under it is removed below.
    Image image = descriptions.image(volume.at(Volume.Stage.RESERVED));
    names.begin(volume.name(), image.place(), deadline); // beside making the image
    try {
      create(volume, image, deadline);
    } catch (VolumeError e) {
      if (!Cluster.exited(e, CephFailures.EEXIST)) {
        if (Cluster.isRefusal(e)) {
          neverMade.add(volume.name());
        }
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
    attachments.detach(volume.name(), deadline);
    switch (volume.stage()) {
      case RESERVED, CREATED -> {
        Place place = ImageOptions.place(volume.spec());
        if (neverMade.remove(volume.name())) {
          names.release(volume.name(), place);
          return;
        }
        if (descriptions.indexPublished(volume, deadline)) {
          names.releaseOurs(volume.name(), place, deadline);
          return; // it has its name, and others may use it by now
        }
        removeFresh(volume, descriptions.image(volume), deadline);
        names.releaseOurs(volume.name(), place, deadline);
      }
      case READY, REMOVING -> {
        trash.put(volume, deadline);
        tables.remove(volume, descriptions.image(volume));
      }
    }
  }

  @Override
  public Optional<Volume> undoRemoval(Volume going, Deadline deadline) {
    if (!trash.isUndone(going, deadline)) {
      return Optional.empty();
    }
    descriptions.cancelRemoval(going.name());
    return descriptions.find(going.name(), deadline).map(Found::volume);
  }

  private void removeFresh(Volume volume, Image image, Deadline deadline) {
    attachments.detach(volume.name(), deadline);
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

  @Override
  public void forget(VolumeName name, Deadline deadline) {
    descriptions.forget(name, deadline);
  }

  @Override
  public Attachment attach(Volume volume, Deadline deadline) {
    if (!attachments.recorded().contains(volume.name())) {
      cluster.requireKnown(
          "volume " + volume.name() + " cannot be mapped", ImageOptions.place(volume.spec()));
    }
    return attachments.attach(volume, deadline);
  }

  @Override
  public void detach(VolumeName name, Attachment attachment, Deadline deadline) {
    attachments.detach(name, deadline);
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
        throw Cluster.isNoImage(e) ? Attachments.gone(volume, image, e) : e;
      }
    }
    attachments.awaitSize(volume.name(), bytes, what, deadline);
  }

  @Override
  public Map<VolumeName, Path> attached(Deadline deadline) {
    return attachments.all(deadline);
  }

  @Override
  public long freeBytes(Deadline deadline) {
    return -1; // thin images: a pool's free space is the cluster's to watch
  }

  @Override
  public Map<VolumeName, VolumeUser> writersElsewhere() {
    return attachments.writersElsewhere();
  }

  @Override
  public Optional<VolumeUser> writerElsewhere(VolumeName volume) {
    return attachments.writerElsewhere(volume);
  }

  @Override
  public Set<VolumeName> cutOff() {
    return holding.cutOff();
  }

  @Override
  public boolean isCutOff(VolumeName volume) {
    return holding.isCutOff(volume);
  }

  @Override
  public Set<VolumeName> recordedAttachments() {
    return attachments.recorded();
  }

  @Override
  public List<VolumeUser> users(Volume volume, Deadline deadline) {
    return claims.users(volume.name(), descriptions.image(volume), deadline);
  }

  @Override
  public Volume changeAccess(Volume volume, boolean readOnly, Deadline deadline) {
    attachments.detach(volume.name(), deadline); // it is not mounted, as the service has seen
    return access.change(volume.name(), readOnly, deadline);
  }

  @Override
  public void requireRemovable(Volume volume, Deadline deadline) {
    Image image = descriptions.image(volume);
    attachments.detach(volume.name(), deadline); // it is not mounted, as the service has seen
    try {
      JsonNode info =
          cluster.json(
              commands.info(image, deadline),
              "volume " + volume.name() + " cannot be looked at",
              image);
      requireNoSnapshots(volume, image, info);
      if (volume.spec().isReadOnly()) {
        claims.requireNoReader(volume.name(), image.place(), deadline);
      }
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
    attachments.detachUnused(volume.name(), deadline);
    Image image = descriptions.image(volume);
    List<String> done = claims.fence(volume.name(), image, deadline);
    // By this the host that was cut off notices that it is.
    attachments.disown(volume.name(), image);
    return done;
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
    Map<String, String> problems = reachability.problems();
    facts.put("cluster", problems.isEmpty() ? "answers" : String.join("; ", problems.values()));
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
