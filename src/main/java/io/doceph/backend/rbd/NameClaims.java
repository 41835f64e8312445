package io.doceph.backend.rbd;

import com.fasterxml.jackson.databind.JsonNode;
import io.doceph.host.process.CommandFailure;
import io.doceph.host.process.CommandResult;
import io.doceph.host.process.Deadline;
import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeName;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jboss.logging.Logger;

/**
 * Lets one host at a time make a volume of a name: {@code rbd rename} alone does not, for of two
 * that rename to one name at once both can succeed, and one image is lost. A claim is RADOS's
 * exclusive lock on an object of its own; it ends by itself when its host dies.
 */
final class NameClaims {
  private static final Logger LOG = Logger.getLogger(NameClaims.class);
  private static final String OBJECT = "doceph.name.";

  /** Longer than any creation, its undoing included, is let run. */
  private static final Duration VALID = Duration.ofMinutes(3);

  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final Duration PAUSE = Duration.ofMillis(300);
  private static final Duration RELEASE = Duration.ofSeconds(20);

  /** rados exits with 1 for everything. */
  private static final String HELD = "(16) Device or resource busy";

  private static final String NO_OBJECT = "(2) No such file or directory";

  private final Cluster cluster;
  private final RbdCommands commands;
  private final Index index;
  private final RbdSettings settings;

  /** A release must not hit the claim that follows it. */
  private final Turns turns;

  private final ConcurrentMap<VolumeName, CompletableFuture<Void>> held = new ConcurrentHashMap<>();

  /** Claims that could not be given back yet. */
  private final ConcurrentMap<VolumeName, Place> owed = new ConcurrentHashMap<>();

  NameClaims(
      Cluster cluster,
      RbdCommands commands,
      Index index,
      RbdSettings settings,
      Background background) {
    this.cluster = cluster;
    this.commands = commands;
    this.index = index;
    this.settings = settings;
    this.turns = new Turns(background);
  }

  /** Begins to claim a name, beside other work. */
  void begin(VolumeName name, Place place, Deadline deadline) {
    held.put(name, turns.next(name, () -> take(name, place, deadline)));
  }

  /**
   * Waits until the name is claimed.
   *
   * @throws VolumeError {@code BUSY} when another host keeps it, {@code CONFLICT} when that one has
   *     made the volume
   */
  void require(VolumeName name, Place place, Deadline deadline) {
    CompletableFuture<Void> claim = held.get(name);
    if (claim == null) {
      begin(name, place, deadline);
      require(name, place, deadline);
      return;
    }
    Background.join(claim);
  }

  private void take(VolumeName name, Place place, Deadline deadline) {
    // Whoever waits is told why before the whole operation is given up.
    Deadline patience =
        deadline.sooner(PATIENCE).sooner(deadline.remaining().multipliedBy(4).dividedBy(5));
    String what = "the name of volume " + name + " cannot be claimed";
    while (!attempt(name, place, what, deadline)) {
      if (patience.expired()) {
        throw new VolumeError(
            VolumeError.Code.BUSY,
            "another host is creating volume " + name + "; try again when it has ended");
      }
      Claims.pause(PAUSE);
      if (index.get(place, name.value(), deadline).isPresent()) {
        throw new VolumeError(
            VolumeError.Code.CONFLICT,
            "volume " + name + " was made by another host at the same time");
      }
    }
  }

  private boolean attempt(VolumeName name, Place place, String what, Deadline deadline) {
    if (isTaken(name, place, what, deadline)) {
      return true;
    }
    if (isOurs(name, place, deadline)) {
      remove(name, place); // an earlier life of this daemon took it; the next attempt does anew
    }
    return false;
  }

  /** Takes the lock, unless somebody has it. */
  private boolean isTaken(VolumeName name, Place place, String what, Deadline deadline) {
    try {
      CommandResult unused =
          cluster.run(
              commands.lock(place, OBJECT + name, settings.hostId(), VALID, deadline),
              what,
              place,
              settings.defaultUser());
      return true;
    } catch (VolumeError e) {
      if (!said(e).contains(HELD)) {
        throw e;
      }
      return false;
    }
  }

  /** Gives a name back that this daemon holds, beside other work. */
  void release(VolumeName name, Place place) {
    CompletableFuture<Void> claim = held.remove(name);
    if (claim == null) {
      return;
    }
    var unused =
        turns.next(
            name,
            () -> {
              // A command that was given up may be obeyed after all.
              if (!claim.isCompletedExceptionally() || isOursAsFarAsKnown(name, place)) {
                remove(name, place);
              }
            });
  }

  /** Gives back what could not be given back when the cluster was away. */
  void releaseOwed() {
    owed.forEach(
        (name, place) -> {
          var unused =
              turns.next(
                  name,
                  () -> {
                    boolean due = owed.remove(name, place) && !held.containsKey(name);
                    if (due && isOursAsFarAsKnown(name, place)) {
                      remove(name, place);
                    }
                  });
        });
  }

  private boolean isOursAsFarAsKnown(VolumeName name, Place place) {
    try {
      return isOurs(name, place, Deadline.after(RELEASE));
    } catch (VolumeError | CommandFailure e) {
      owed.put(name, place);
      return false;
    }
  }

  /** Gives back what an earlier life of this daemon may have held. */
  void releaseOurs(VolumeName name, Place place, Deadline deadline) {
    if (held.containsKey(name)) {
      release(name, place);
    } else if (isOurs(name, place, deadline)) {
      remove(name, place);
    }
  }

  /** Whether the claim is this daemon's; one that has ended is taken again. */
  private boolean isOurs(VolumeName name, Place place, Deadline deadline) {
    String what = "who holds the name of volume " + name + " cannot be said";
    JsonNode lockers;
    try {
      lockers =
          Cluster.parse(
                  cluster
                      .run(
                          commands.lockInfo(place, OBJECT + name, deadline),
                          what,
                          place,
                          settings.defaultUser())
                      .stdout(),
                  what)
              .path("lockers");
    } catch (VolumeError e) {
      if (said(e).contains(NO_OBJECT)) {
        return false; // there is none
      }
      throw e;
    }
    return lockers.isEmpty()
        ? isTaken(name, place, what, deadline)
        : lockers.path(0).path("cookie").asText().equals(settings.hostId());
  }

  private void remove(VolumeName name, Place place) {
    try {
      CommandResult unused =
          cluster.run(
              commands.removeObject(place, OBJECT + name, Deadline.after(RELEASE)),
              "the claim on the name of volume " + name + " cannot be removed",
              place,
              settings.defaultUser());
    } catch (VolumeError e) {
      if (!said(e).contains(NO_OBJECT)) {
        LOG.debugf("volume=%s: %s", name, e.getMessage());
        owed.put(name, place);
      }
    } catch (CommandFailure e) {
      owed.put(name, place);
    }
  }

  private static String said(VolumeError error) {
    return Cluster.failure(error).map(CommandFailure::stderr).orElse("");
  }
}
