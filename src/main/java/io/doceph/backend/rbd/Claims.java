package io.doceph.backend.rbd;

import io.doceph.backend.rbd.ImageUsers.Lock;
import io.doceph.backend.rbd.ImageUsers.Users;
import io.doceph.backend.rbd.ImageUsers.Watcher;
import io.doceph.host.process.CommandResult;
import io.doceph.host.process.Deadline;
import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeName;
import io.doceph.volume.VolumeUser;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jboss.logging.Logger;

/**
 * Sees to it that one host at a time writes to an image. The cluster is the judge: a client that
 * has an image open to write watches it, and the watch of a dead one ends some 30 s after its
 * death. So a host maps first, which writes nothing, and looks then: it goes on only if it is the
 * only watcher. Of two that do so at once, each sees the other, and at most one goes on. Before the
 * first write, whoever may still believe to hold the image is cut off: a host that was only cut off
 * from the network can wake up at any time.
 */
final class Claims {
  private static final Logger LOG = Logger.getLogger(Claims.class);

  /** Commands such as {@code rbd info} on another host watch for an instant. */
  static final Duration FIRST_LOOK = Duration.ofMillis(300);

  private static final int STEP_ASIDE_MILLIS = 2000;
  private static final Duration LOOK = Duration.ofSeconds(2);
  private static final Duration GONE = Duration.ofSeconds(30);

  /** Longer than hosts wait from one listing to the next. */
  private static final Duration READERS_SAY_AGAIN = Duration.ofSeconds(12);

  private final Cluster cluster;
  private final RbdCommands commands;
  private final ImageUsers users;
  private final Holders holders;
  private final RbdSettings settings;

  Claims(
      Cluster cluster,
      RbdCommands commands,
      ImageUsers users,
      Holders holders,
      RbdSettings settings) {
    this.cluster = cluster;
    this.commands = commands;
    this.users = users;
    this.holders = holders;
    this.settings = settings;
  }

  /**
   * Whether somebody else is said to write to the volume: then it is looked at before it is mapped.
   */
  boolean isSuspect(VolumeName volume) {
    return holders.writer(volume).filter(h -> !isThisBoot(h)).isPresent();
  }

  private boolean isThisBoot(Holders.Holder holder) {
    return holders.isOurs(holder) && holder.bootId().equals(settings.bootId());
  }

  /**
   * Waits until nobody has the image open.
   *
   * @throws VolumeError {@code IN_USE} when somebody still has after the time a dead host is given
   */
  void awaitNobody(VolumeName volume, Image image, Deadline deadline) {
    Deadline patience = deadline.sooner(settings.takeoverWait());
    Duration pause = FIRST_LOOK;
    boolean told = false;
    while (true) {
      List<Watcher> watchers = users.watchers(image, deadline);
      if (watchers.isEmpty()) {
        return;
      }
      if (isDeadForCertain(volume, watchers)) {
        LOG.warnf(
            "volume=%s: an earlier boot of this host had it open; that client is cut off", volume);
        cutOff(volume, image, watchers, deadline);
        continue; // and look who is left
      }
      if (patience.remaining().compareTo(pause) < 0) {
        throw inUse(volume, image, watchers, deadline);
      }
      if (!told && pause.equals(LOOK)) {
        told = true;
        LOG.infof(
            "volume=%s: it is open on %s; waiting up to %s s for the cluster to say that this is a"
                + " dead host",
            volume, text(volume, watchers), settings.takeoverWait().toSeconds());
      }
      pause(pause);
      pause = LOOK;
    }
  }

  /** Cuts these clients off, and nobody who has come since. */
  private void cutOff(VolumeName volume, Image image, List<Watcher> watchers, Deadline deadline) {
    for (Watcher watcher : watchers) {
      LOG.warnf(
          "volume=%s: %s: %s", volume, watcher.address(), blocklist(watcher.address(), deadline));
    }
    for (Lock lock : users.locks(image, deadline)) {
      if (watchers.stream().anyMatch(w -> w.address().equals(lock.address()))) {
        breakLock(image, lock, deadline);
      }
    }
    pause(FIRST_LOOK);
  }

  /** An earlier boot of this host does not live any more, whatever the cluster still believes. */
  private boolean isDeadForCertain(VolumeName volume, List<Watcher> watchers) {
    Optional<Holders.Holder> holder = holders.writer(volume);
    return holder.isPresent()
        && holders.isOurs(holder.get())
        && !holder.get().bootId().equals(settings.bootId())
        && watchers.stream().allMatch(w -> w.address().equals(holder.get().user().address()));
  }

  /**
   * Waits for some random time before another try, so that of two hosts that saw each other one
   * comes first.
   */
  static void stepAside(int tries) {
    pause(Duration.ofMillis(ThreadLocalRandom.current().nextInt(STEP_ASIDE_MILLIS * tries)));
  }

  /** The clients that are cut off. */
  Set<String> blocklisted(Deadline deadline) {
    String what = "who is cut off from the cluster cannot be said";
    CommandResult result =
        cluster.always(
            commands.blocklisted(deadline),
            what,
            settings.defaultUser(),
            settings.allPlaces().getFirst().pool());
    Set<String> addresses = new LinkedHashSet<>();
    Cluster.parse(result.stdout(), what).forEach(e -> addresses.add(e.path("addr").asText()));
    return addresses;
  }

  static void pause(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new VolumeError(VolumeError.Code.UNAVAILABLE, "doceph is stopping", e);
    }
  }

  private VolumeError inUse(
      VolumeName volume, Image image, List<Watcher> watchers, Deadline deadline) {
    // The last listing may be older.
    Optional<Holders.Holder> unused = holders.lookUp(volume, image.place(), deadline);
    String lockedBy =
        users.locks(image, deadline).isEmpty() ? "" : ", and it holds the image's lock";
    return new VolumeError(
        VolumeError.Code.IN_USE,
        "volume "
            + volume
            + " is in use on "
            + text(volume, watchers)
            + lockedBy
            + "; stop the containers that use it there, or see `doceph who "
            + volume
            + "`");
  }

  /** Who the watchers are, as far as the index knows. */
  private String text(VolumeName volume, List<Watcher> watchers) {
    List<String> texts = new ArrayList<>();
    watchers.forEach(w -> texts.add(user(volume, w.address()).text()));
    return String.join(" and ", texts);
  }

  private VolumeUser user(VolumeName volume, String address) {
    List<Holders.Holder> known = holders.all(volume);
    return known.stream()
        .map(Holders.Holder::user)
        .filter(u -> address.equals(u.address()))
        .findFirst()
        // An entry without an address is of whoever had none to tell.
        .or(
            () ->
                known.stream()
                    .map(Holders.Holder::user)
                    .filter(u -> u.address() == null)
                    .findFirst())
        .map(u -> new VolumeUser(u.host(), u.hostId(), address, u.since(), u.writer(), true))
        .orElseGet(() -> new VolumeUser(null, null, address, null, true, true));
  }

  /**
   * Refuses while anybody has the image open.
   *
   * @throws VolumeError {@code IN_USE} with who it is
   */
  void requireNobody(VolumeName volume, Image image, Deadline deadline) {
    List<Watcher> watchers = users.watchers(image, deadline);
    if (!watchers.isEmpty()) {
      pause(FIRST_LOOK); // an instant's visitor
      watchers = users.watchers(image, deadline);
    }
    if (!watchers.isEmpty()) {
      throw inUse(volume, image, watchers, deadline);
    }
  }

  /**
   * Refuses while another host reads the volume.
   *
   * @throws VolumeError {@code IN_USE} with who it is
   */
  void requireNoReader(VolumeName volume, Place place, Deadline deadline) {
    holders.refresh(volume, place, deadline);
    Optional<VolumeUser> reader =
        holders.readers(volume).stream()
            .filter(h -> !holders.isOurs(h))
            .map(Holders.Holder::user)
            .findFirst();
    if (reader.isPresent()) {
      throw new VolumeError(
          VolumeError.Code.IN_USE,
          "volume "
              + volume
              + " is read on "
              + reader.get().text()
              + "; stop the containers there, or, if that host is gone for good, `doceph steal "
              + volume
              + "`");
    }
  }

  /** Everybody who uses an image now, and who was said to and is not heard of. */
  List<VolumeUser> users(VolumeName volume, Image image, Deadline deadline) {
    holders.refresh(volume, image.place(), deadline);
    Users now = users.both(image, deadline);
    List<VolumeUser> all = new ArrayList<>();
    Set<String> hosts = new LinkedHashSet<>();
    for (Watcher watcher : now.watchers()) {
      VolumeUser user = user(volume, watcher.address());
      all.add(user);
      hosts.add(String.valueOf(user.hostId()));
    }
    for (Holders.Holder holder : holders.all(volume)) {
      if (!hosts.contains(String.valueOf(holder.user().hostId()))) {
        // A reader is not heard of by the cluster, however alive it is.
        all.add(holder.user().alive(!holder.user().writer()));
      }
    }
    return all;
  }

  /**
   * After a map: who has the image open.
   *
   * @return with more than one the map must be undone
   */
  List<Watcher> look(Image image, Deadline deadline) {
    List<Watcher> watchers = users.watchers(image, deadline);
    if (watchers.size() > 1) {
      pause(FIRST_LOOK); // an instant's visitor
      watchers = users.watchers(image, deadline);
    }
    return watchers;
  }

  /**
   * Before the first write: cuts off who was said to write to the image and is not heard of, and
   * who holds its lock then. A lock of somebody of whom the index does not know is broken by Ceph
   * itself when this host writes, and its owner is cut off by that as well.
   */
  void fenceTheWriter(VolumeName volume, Image image, List<Watcher> watchers, Deadline deadline) {
    boolean listed = isSuspect(volume);
    if (!listed && holders.areFresh()) {
      return;
    }
    // The listing may be of before somebody took the volume, or gave it back.
    Optional<Holders.Holder> unused = holders.lookUp(volume, image.place(), deadline);
    if (listed || isSuspect(volume)) {
      fenceTheDead(volume, image, new Users(watchers, users.locks(image, deadline)), deadline);
    }
  }

  /** Cuts off everybody who may believe to hold the image and is not heard of. */
  void fenceTheDead(VolumeName volume, Image image, Users now, Deadline deadline) {
    Set<String> dead = new LinkedHashSet<>();
    now.locks().stream()
        .map(Lock::address)
        .filter(address -> !now.isWatching(address))
        .forEach(dead::add);
    holders
        .writer(volume)
        .filter(h -> !isThisBoot(h))
        .map(h -> h.user().address())
        .filter(address -> !now.isWatching(address))
        .ifPresent(dead::add);
    for (String address : dead) {
      LOG.warnf(
          "volume=%s: taken over from %s, which the cluster has not heard of any more; %s",
          volume, user(volume, address).text(), blocklist(address, deadline));
    }
    for (Lock lock : now.locks()) {
      if (!now.isWatching(lock.address())) {
        breakLock(image, lock, deadline);
      }
    }
  }

  /** rbd cuts the owner of a lock that it breaks off as well, and for an hour only. */
  private void breakLock(Image image, Lock lock, Deadline deadline) {
    users.breakLock(image, lock, deadline);
    String unused = blocklist(lock.address(), deadline);
  }

  /**
   * Cuts everybody off, alive or not, and waits until nobody has the image open.
   *
   * @return what was done
   */
  List<String> fence(VolumeName volume, Image image, Deadline deadline) {
    holders.refresh(volume, image.place(), deadline);
    Users now = users.both(image, deadline);
    Set<String> addresses = new LinkedHashSet<>();
    now.watchers().forEach(w -> addresses.add(w.address()));
    now.locks().forEach(l -> addresses.add(l.address()));
    holders
        .writer(volume)
        .filter(h -> !isThisBoot(h))
        .map(h -> h.user().address())
        .ifPresent(addresses::add);
    List<String> done = new ArrayList<>();
    for (String address : addresses) {
      done.add(user(volume, address).text() + ": " + blocklist(address, deadline));
    }
    for (Lock lock : now.locks()) {
      breakLock(image, lock, deadline);
      done.add("its lock on image " + image + " is broken");
    }
    dropReaders(volume, image.place(), done, deadline);
    Deadline end = deadline.sooner(GONE);
    while (!users.watchers(image, deadline).isEmpty()) {
      if (end.expired()) {
        throw new VolumeError(
            VolumeError.Code.UNAVAILABLE,
            "volume "
                + volume
                + ": its users are cut off ("
                + String.join("; ", done)
                + ") and the cluster still shows them; try again in a minute");
      }
      pause(FIRST_LOOK);
    }
    return done;
  }

  /** Readers cannot be cut off. One that lives says again that it reads. */
  private void dropReaders(VolumeName volume, Place place, List<String> done, Deadline deadline) {
    List<Holders.Holder> dropped =
        holders.readers(volume).stream().filter(h -> !holders.isOurs(h)).toList();
    if (dropped.isEmpty()) {
      return;
    }
    dropped.forEach(reader -> holders.withdrawReader(volume, place, reader, deadline));
    pause(READERS_SAY_AGAIN);
    holders.refresh(volume, place, deadline);
    for (Holders.Holder reader : dropped) {
      boolean alive =
          holders.readers(volume).stream()
              .anyMatch(h -> Objects.equals(h.user().hostId(), reader.user().hostId()));
      done.add(
          reader.user().text()
              + (alive
                  ? ": it is alive and reads on; stop the containers there"
                  : ": it is not counted as a reader any more"));
    }
  }

  private String blocklist(String address, Deadline deadline) {
    CommandResult unused =
        cluster.always(
            commands.blocklist(
                settings.defaultUser(), address, settings.blocklistExpiry(), deadline),
            "the client " + address + " cannot be cut off, so that its volume is not taken over",
            settings.defaultUser(),
            settings.allPlaces().getFirst().pool());
    return "it is blocklisted for "
        + settings.blocklistExpiry().toDays()
        + " days (an administrator undoes it by `ceph osd blocklist rm "
        + address
        + "`)";
  }
}
