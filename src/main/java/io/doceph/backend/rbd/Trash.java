package io.doceph.backend.rbd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.host.process.CommandFailure;
import io.doceph.host.process.CommandResult;
import io.doceph.host.process.Deadline;
import io.doceph.volume.Found;
import io.doceph.volume.Removal;
import io.doceph.volume.Trashed;
import io.doceph.volume.Volume;
import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeName;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/**
 * Removes images by way of RBD's trash. The index remembers what was put there by doceph, for the
 * pool's trash may hold the images of others. What has expired is deleted in the background, by
 * whichever host comes first.
 */
final class Trash {
  private static final Logger LOG = Logger.getLogger(Trash.class);

  /** Deleting a large image takes as long as its objects are many. */
  private static final Duration PURGE = Duration.ofMinutes(30);

  private static final Duration OTHERS_WAIT = Duration.ofMinutes(2);

  /** How rados says that an image's header is not there; its exit code is 1 for everything. */
  private static final String NO_HEADER = "(2) No such file or directory";

  /** How rbd refuses to delete what is to stay for a while; its exit code is that of EPERM. */
  private static final String NOT_EXPIRED = "Deferment time has not expired";

  private final Cluster cluster;
  private final RbdCommands commands;
  private final Index index;
  private final Descriptions descriptions;
  private final Holders holders;
  private final RbdSettings settings;
  private final Background background;
  private final AtomicBoolean purging = new AtomicBoolean();
  private final AtomicBoolean forgetting = new AtomicBoolean();

  /** What this host has moved there to be deleted at once, and could not delete yet. */
  private final Queue<Descriptions.InTrash> owed = new ConcurrentLinkedQueue<>();

  /** What this host has deleted, and could not take out of the index yet. */
  private final Queue<Descriptions.InTrash> unforgotten = new ConcurrentLinkedQueue<>();

  Trash(
      Cluster cluster,
      RbdCommands commands,
      Index index,
      Descriptions descriptions,
      Holders holders,
      RbdSettings settings,
      Background background) {
    this.cluster = cluster;
    this.commands = commands;
    this.index = index;
    this.descriptions = descriptions;
    this.holders = holders;
    this.settings = settings;
    this.background = background;
  }

  /**
   * Removes a volume's image; none is success.
   *
   * @throws VolumeError {@code IN_USE} when somebody has opened it: it is left as it was
   */
  void put(Volume going, Deadline deadline) {
    Image image = descriptions.image(going);
    Optional<JsonNode> info = info(image, deadline);
    if (info.isEmpty() || !isStillIt(going, image, deadline)) {
      // An earlier attempt may have come as far as that.
      Optional<Descriptions.InTrash> earlier = entryOf(going, image.place(), deadline);
      earlier.ifPresent(
          entry -> {
            if (info.isEmpty() && ids(image.place(), deadline).contains(entry.imageId())) {
              move(going, image, entry, deadline); // it may have been killed half-way
            }
            settle(going, image, entry, deadline);
          });
      if (earlier.isEmpty() && info.isPresent()) {
        LOG.warnf(
            "volume=%s: image %s is not the one that was to be removed, and is left alone",
            going.name(), image);
      }
      return;
    }
    Descriptions.InTrash entry = entry(going, image.place(), info.get().path("id").asText());
    // First: an image in the trash that nobody remembers would take its space for ever.
    write(entry, deadline);
    try {
      move(going, image, entry, deadline);
    } catch (VolumeError e) {
      forgetUnlessItMayBeThere(entry, e, deadline);
      throw e;
    }
    write(entry, deadline); // another host that was refused the same may have taken it away
    settle(going, image, entry, deadline);
  }

  /** Moves an image to the trash; none is success. */
  private void move(Volume going, Image image, Descriptions.InTrash entry, Deadline deadline) {
    boolean keeps = settings.removal() == Removal.TRASH;
    try {
      CommandResult unused =
          cluster.run(
              commands.moveToTrash(
                  image, keeps ? entry.trashed().expiresAt().toString() : "now", deadline),
              "volume " + going.name() + " cannot be removed",
              image);
    } catch (VolumeError e) {
      if (!Cluster.isNoImage(e)) {
        throw e;
      }
    }
  }

  /** Whoever is to delete it at once does so himself; others only when he has died meanwhile. */
  private Descriptions.InTrash entry(Volume going, Place place, String id) {
    Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    boolean keeps = settings.removal() == Removal.TRASH;
    Instant expires = now.plus(keeps ? settings.trashExpiry() : OTHERS_WAIT);
    Volume kept = going.at(Volume.Stage.READY);
    return new Descriptions.InTrash(new Trashed(id, going.name(), kept, now, expires), place, id);
  }

  private void write(Descriptions.InTrash entry, Deadline deadline) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("version", 1);
    json.put("deletedAt", entry.trashed().deletedAt().toString());
    json.put("expiresAt", entry.trashed().expiresAt().toString());
    json.set("volume", ImageJson.write(entry.trashed().volume()));
    index.put(entry.place(), Index.TRASH + entry.imageId(), json, deadline);
  }

  private Optional<Descriptions.InTrash> entryOf(Volume going, Place place, Deadline deadline) {
    return descriptions.trashOf(place, deadline).stream().filter(e -> e.isOf(going)).findFirst();
  }

  /** The image is in the trash: back with it if somebody uses it, else it stays there. */
  private void settle(Volume going, Image image, Descriptions.InTrash entry, Deadline deadline) {
    requireUnused(going, image, entry.imageId(), deadline);
    descriptions.trashed(entry);
    if (settings.removal() != Removal.TRASH) {
      var unused = background.start(() -> purgeOrLeave(entry, true));
    }
  }

  /**
   * Undoes a removal that has taken nothing away yet.
   *
   * @return whether the image is there as before, and not on its way into the trash
   */
  boolean isUndone(Volume going, Deadline deadline) {
    Image image = descriptions.image(going);
    Optional<JsonNode> info = info(image, deadline);
    if (info.isEmpty() || !isStillIt(going, image, deadline)) {
      return false;
    }
    String id = info.get().path("id").asText();
    if (ids(image.place(), deadline).contains(id)) {
      return false; // a command that was killed has come as far as that
    }
    Optional<Descriptions.InTrash> entry = entryOf(going, image.place(), deadline);
    return entry.isEmpty() || isForgotten(entry.get(), deadline);
  }

  /** Another host may be moving it there at this moment: then the entry stays. */
  private boolean isForgotten(Descriptions.InTrash entry, Deadline deadline) {
    index.remove(entry.place(), Index.TRASH + entry.imageId(), deadline);
    if (ids(entry.place(), deadline).contains(entry.imageId())) {
      write(entry, deadline);
      return false;
    }
    return true;
  }

  /** The images in the trash of a place, whoever has put them there, by their ids. */
  Set<String> ids(Place place, Deadline deadline) {
    String what = "the trash of " + place + " cannot be listed";
    CommandResult listed =
        cluster.always(commands.trash(place, deadline), what, settings.defaultUser(), place.pool());
    Set<String> ids = new HashSet<>();
    Cluster.parse(listed.stdout(), what).forEach(each -> ids.add(each.path("id").asText()));
    return ids;
  }

  /** A command that was killed may have been obeyed: then the entry stays, and finds the image. */
  private void forgetUnlessItMayBeThere(
      Descriptions.InTrash entry, VolumeError cause, Deadline deadline) {
    if (Cluster.isRefusal(cause)) {
      boolean unused = isForgotten(entry, deadline);
    }
  }

  private Optional<JsonNode> info(Image image, Deadline deadline) {
    try {
      return Optional.of(
          cluster.json(
              commands.info(image, deadline), "image " + image + " cannot be looked at", image));
    } catch (VolumeError e) {
      if (Cluster.isNoImage(e)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Whether the image is that of the volume and not of another one of its name, made since. */
  private boolean isStillIt(Volume going, Image image, Deadline deadline) {
    return descriptions
        .ofImage(image, deadline)
        .filter(v -> v.createdAt().equals(going.createdAt()))
        .isPresent();
  }

  /** rbd puts even an image in use into the trash: somebody may have opened it just before. */
  private void requireUnused(Volume going, Image image, String id, Deadline deadline) {
    if (isWatched(going, image, id, deadline)) {
      Claims.pause(Claims.FIRST_LOOK); // an instant's visitor
      if (isWatched(going, image, id, deadline)) {
        takeOut(going, image, id, deadline);
      }
    }
    holders.refresh(going.name(), image.place(), deadline);
    if (!holders.readers(going.name()).stream().allMatch(holders::isOurs)) {
      takeOut(going, image, id, deadline);
    }
  }

  private void takeOut(Volume going, Image image, String id, Deadline deadline) {
    if (!isTakenOut(going, image, id, deadline)) {
      return;
    }
    index.remove(image.place(), Index.TRASH + id, deadline);
    throw new VolumeError(
        VolumeError.Code.IN_USE,
        "volume "
            + going.name()
            + " has just been taken into use on another host, and is not removed; see `doceph who "
            + going.name()
            + "`");
  }

  /** Whether the image is where it was; the one who watched may have been who deleted it. */
  private boolean isTakenOut(Volume going, Image image, String id, Deadline deadline) {
    try {
      CommandResult unused =
          cluster.run(
              commands.restore(image.place(), id, image.name(), deadline),
              "volume " + going.name() + " cannot be taken out of the trash again",
              image.place(),
              settings.defaultUser());
      return true;
    } catch (VolumeError e) {
      if (Cluster.isNoImage(e) || Cluster.exited(e, CephFailures.EBUSY)) {
        return false; // it is being deleted
      }
      throw e;
    }
  }

  private boolean isWatched(Volume going, Image image, String id, Deadline deadline) {
    try {
      CommandResult watchers =
          cluster.run(
              commands.watchers(image.place(), id, deadline),
              "who uses volume " + going.name() + " cannot be said",
              image.place(),
              settings.defaultUser());
      return watchers.text().contains("watcher=");
    } catch (VolumeError e) {
      // Deleted from the trash meanwhile, by whoever came first; RBD deletes none that is in use.
      boolean deleted = Cluster.failure(e).filter(f -> f.stderr().contains(NO_HEADER)).isPresent();
      if (deleted) {
        return false;
      }
      throw e;
    }
  }

  /** Brings a volume back under a free name. */
  Volume restore(Trashed trashed, VolumeName as, Deadline deadline) {
    Descriptions.InTrash entry = entry(trashed, deadline);
    String what = "volume " + trashed.name() + " cannot be brought back";
    requireNotLeaving(entry, what, deadline);
    try {
      CommandResult unused =
          cluster.run(
              commands.restore(entry.place(), entry.imageId(), as.value(), deadline),
              what,
              entry.place(),
              settings.defaultUser());
    } catch (VolumeError e) {
      if (Cluster.exited(e, CephFailures.EEXIST)) {
        throw new VolumeError(
            VolumeError.Code.CONFLICT,
            what
                + ": there is an image "
                + as
                + " in "
                + entry.place()
                + "; choose another name with --as",
            e);
      }
      if (!Cluster.isNoImage(e)) {
        throw e;
      }
      return restored(entry, as, what, e, deadline);
    }
    Volume back = renamed(entry.trashed().volume(), as);
    descriptions.update(back, deadline);
    forget(entry, deadline);
    return back;
  }

  /**
   * While the index still knows the volume, the host that removes it may be anywhere between its
   * first and its last step; or a restore of just now was interrupted at its last one.
   */
  private void requireNotLeaving(Descriptions.InTrash entry, String what, Deadline deadline) {
    if (entry.isSettled()) {
      return;
    }
    boolean listed =
        descriptions
            .published(entry.trashed().name(), entry.place(), deadline)
            .map(Found::volume)
            .filter(v -> isOf(entry, v))
            .isPresent();
    if (listed) {
      throw new VolumeError(
          VolumeError.Code.BUSY,
          what
              + ": it is listed as a volume still, or again; if it is so in five minutes, try again");
    }
  }

  /** The image is not in the trash: an interrupted restore has left it under its name, or not. */
  private Volume restored(
      Descriptions.InTrash entry,
      VolumeName as,
      String what,
      VolumeError cause,
      Deadline deadline) {
    Image image = new Image(entry.place(), as.value(), settings.defaultUser());
    Volume there = descriptions.ofImage(image, deadline).filter(v -> isOf(entry, v)).orElse(null);
    if (there == null) {
      if (!entry.isSettled()) {
        throw new VolumeError(
            VolumeError.Code.BUSY, what + ": it is just being removed; try again", cause);
      }
      forget(entry, deadline);
      throw new VolumeError(
          VolumeError.Code.NOT_FOUND, what + ": its image is not in the trash any more", cause);
    }
    if (there.name().equals(as)) { // it may have been changed since
      descriptions.publishAnew(there, deadline);
    } else {
      there = renamed(there, as);
      descriptions.update(there, deadline);
    }
    forget(entry, deadline);
    return there;
  }

  private static boolean isOf(Descriptions.InTrash entry, Volume volume) {
    return volume.createdAt().equals(entry.trashed().volume().createdAt());
  }

  private static Volume renamed(Volume volume, VolumeName as) {
    return volume.name().equals(as) ? volume : volume.with(volume.spec().named(as));
  }

  /**
   * Looks anew: another host may have brought it back since it was listed, and even removed it once
   * more, which leaves the image its id.
   */
  private Descriptions.InTrash entry(Trashed trashed, Deadline deadline) {
    Optional<Descriptions.InTrash> listed =
        descriptions.trash().stream()
            .filter(e -> e.trashed().id().equals(trashed.id()))
            .findFirst();
    Descriptions.InTrash now =
        listed
            .flatMap(e -> descriptions.inTrash(e.place(), e.imageId(), deadline))
            .orElseThrow(
                () ->
                    new VolumeError(
                        VolumeError.Code.NOT_FOUND,
                        trashed.name() + " is not in the trash any more"));
    if (!now.trashed().deletedAt().equals(trashed.deletedAt())) {
      throw new VolumeError(
          VolumeError.Code.BUSY,
          "volume "
              + trashed.name()
              + " was brought back and removed once more since it was listed; try again");
    }
    return now;
  }

  /** Deletes a removed volume for good. */
  void purge(Trashed trashed, Deadline deadline) {
    boolean unused = isPurged(entry(trashed, deadline), false, false, deadline);
  }

  /**
   * Deletes an image from the trash; none is success.
   *
   * @param moved whether the image is surely there, or has been deleted since
   * @param onlyExpired whether it stays if the cluster says that it has not expired
   * @return whether it was deleted by this
   */
  private boolean isPurged(
      Descriptions.InTrash entry, boolean moved, boolean onlyExpired, Deadline deadline) {
    try {
      CommandResult unused =
          cluster.run(
              onlyExpired
                  ? commands.removeExpired(entry.place(), entry.imageId(), deadline)
                  : commands.removeFromTrash(entry.place(), entry.imageId(), deadline),
              "volume " + entry.trashed().name() + " cannot be deleted from the trash",
              entry.place(),
              settings.defaultUser());
    } catch (VolumeError e) {
      if (onlyExpired
          && Cluster.failure(e).filter(f -> f.stderr().contains(NOT_EXPIRED)).isPresent()) {
        // Brought back, and removed anew under the same id, since it was listed.
        LOG.infof("volume=%s: the cluster keeps it in the trash still", entry.trashed().name());
        return false;
      }
      if (Cluster.exited(e, CephFailures.ENOTEMPTY)) {
        throw new VolumeError(
            VolumeError.Code.IN_USE,
            "volume "
                + entry.trashed().name()
                + " has snapshots and cannot be deleted from the trash; `rbd snap purge --image-id "
                + entry.imageId()
                + " --pool "
                + entry.place().pool()
                + "` first",
            e);
      }
      if (!Cluster.isNoImage(e)) {
        throw e;
      }
      if (moved || entry.isSettled()) { // else it may be on its way there
        forgetDeleted(entry, deadline);
      }
      return false;
    }
    forgetDeleted(entry, deadline);
    return true;
  }

  /**
   * A full pool lets go of images, and lets whoever changes its index wait until there is room.
   * What is deleted is shown no more meanwhile.
   */
  private void forgetDeleted(Descriptions.InTrash entry, Deadline deadline) {
    descriptions.deleted(entry);
    try {
      forget(entry, deadline);
    } catch (VolumeError e) {
      LOG.warnf(
          "volume=%s: deleted from the trash; the index is told later: %s",
          entry.trashed().name(), e.getMessage());
      unforgotten.add(entry);
    }
  }

  /** One after the other, and no further once one has waited in vain: it may wait for all. */
  private void forgetLate() {
    try {
      Descriptions.InTrash entry = unforgotten.peek();
      while (entry != null) {
        forget(entry, Deadline.after(PURGE));
        boolean unused = unforgotten.remove(entry);
        entry = unforgotten.peek();
      }
    } catch (VolumeError | CommandFailure e) {
      LOG.debugf("the index is told later: %s", e.getMessage());
    } finally {
      forgetting.set(false);
    }
  }

  private void forget(Descriptions.InTrash entry, Deadline deadline) {
    index.remove(entry.place(), Index.TRASH + entry.imageId(), deadline);
    descriptions.untrashed(entry);
  }

  /** Deletes what has expired, in the background, unless that is under way. */
  void startPurge() {
    if (!purging.compareAndSet(false, true)) {
      return;
    }
    var unused =
        background.start(
            () -> {
              try {
                purgeExpired();
              } finally {
                purging.set(false);
              }
            });
  }

  private void purgeExpired() {
    for (Place place : settings.allPlaces()) {
      try {
        purgeExpired(place);
      } catch (VolumeError | CommandFailure e) {
        LOG.warnf(
            "what has expired in the trash of %s is deleted later: %s", place, e.getMessage());
      }
    }
  }

  /** Looks anew: what was expired when it was listed may have been brought back since. */
  private void purgeExpired(Place place) {
    Instant now = Instant.now();
    for (Descriptions.InTrash entry : descriptions.trashOf(place, Deadline.after(PURGE))) {
      if (!entry.trashed().expiresAt().isAfter(now)) {
        purgeOrLeave(entry, false);
      }
    }
  }

  /** One that has a snapshot keeps no other from being deleted. */
  private void purgeOrLeave(Descriptions.InTrash entry, boolean moved) {
    try {
      Deadline deadline = Deadline.after(PURGE);
      // The cluster has the last word: an image that was brought back and removed again since this
      // entry was read has kept its id.
      if (isPurged(entry, moved, true, deadline)) {
        LOG.infof(
            "volume=%s: removed %s, deleted from the trash now",
            entry.trashed().name(), entry.trashed().deletedAt());
      }
    } catch (VolumeError | CommandFailure e) {
      LOG.warnf("%s; tried again later", e.getMessage());
      boolean silent = !(e instanceof VolumeError v) || v.code() == VolumeError.Code.UNAVAILABLE;
      // A command of an earlier life of this daemon may still be at it, or have the image open.
      boolean fresh = entry.trashed().expiresAt().isAfter(Instant.now());
      if (moved && (silent || fresh)) {
        owed.add(entry);
      }
    }
  }

  /** Does what could not be done at its time; what fails again is tried again. */
  void settleOwed() {
    List<Descriptions.InTrash> entries = new ArrayList<>(owed);
    owed.removeAll(entries); // one that fails again is added again
    entries.forEach(
        entry -> {
          var unused = background.start(() -> purgeOrLeave(entry, true));
        });
    if (!unforgotten.isEmpty() && forgetting.compareAndSet(false, true)) {
      var unused = background.start(this::forgetLate);
    }
  }

  /** Whether something has expired, as of the last listing. */
  boolean hasExpired() {
    Instant now = Instant.now();
    return descriptions.trash().stream().anyMatch(e -> !e.trashed().expiresAt().isAfter(now));
  }
}
