package io.doceph.backend.rbd;

import com.fasterxml.jackson.databind.JsonNode;
import io.doceph.host.process.CommandResult;
import io.doceph.host.process.Deadline;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Asks the cluster who has an image open, and who holds its lock. */
final class ImageUsers {
  /**
   * A client that has an image open to write: the cluster hears of it, or has until some 30 s ago.
   *
   * @param address such as {@code 10.0.0.7:0/123456}
   * @param client such as {@code client.4123}
   */
  record Watcher(String address, String client) {}

  /**
   * The holder of an image's exclusive lock; it stays when the client dies.
   *
   * @param id such as {@code auto 18446462598732840961}
   * @param locker such as {@code client.4123}
   * @param address as that of a watcher
   */
  record Lock(String id, String locker, String address) {}

  /** Both, asked for at once. */
  record Users(List<Watcher> watchers, List<Lock> locks) {
    /** Whether somebody who is heard of holds the lock. */
    boolean hasLiveWriter() {
      return locks.stream().anyMatch(l -> isWatching(l.address()));
    }

    boolean isWatching(String address) {
      return watchers.stream().anyMatch(w -> w.address().equals(address));
    }
  }

  private final Cluster cluster;
  private final RbdCommands commands;
  private final Background background;

  ImageUsers(Cluster cluster, RbdCommands commands, Background background) {
    this.cluster = cluster;
    this.commands = commands;
    this.background = background;
  }

  Users both(Image image, Deadline deadline) {
    CompletableFuture<List<Lock>> locks = background.start(() -> locks(image, deadline));
    List<Watcher> watchers = Background.beside(locks, () -> watchers(image, deadline));
    return new Users(watchers, Background.join(locks));
  }

  List<Watcher> watchers(Image image, Deadline deadline) {
    JsonNode status =
        cluster.json(
            commands.status(image, deadline), "who uses image " + image + " cannot be said", image);
    List<Watcher> watchers = new ArrayList<>();
    for (JsonNode each : status.path("watchers")) {
      watchers.add(
          new Watcher(each.path("address").asText(), "client." + each.path("client").asText()));
    }
    return watchers;
  }

  List<Lock> locks(Image image, Deadline deadline) {
    JsonNode list =
        cluster.json(
            commands.locks(image, deadline),
            "who holds the lock of image " + image + " cannot be said",
            image);
    List<Lock> locks = new ArrayList<>();
    for (JsonNode each : list) {
      locks.add(
          new Lock(
              each.path("id").asText(),
              each.path("locker").asText(),
              each.path("address").asText()));
    }
    return locks;
  }

  /** Takes a lock away from whom it does not belong to any more. */
  void breakLock(Image image, Lock lock, Deadline deadline) {
    CommandResult unused =
        cluster.run(
            commands.breakLock(image, lock.id(), lock.locker(), deadline),
            "the lock of image " + image + " cannot be taken from " + lock.address(),
            image);
  }
}
