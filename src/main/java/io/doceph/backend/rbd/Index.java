package io.doceph.backend.rbd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.host.process.Command;
import io.doceph.host.process.CommandFailure;
import io.doceph.host.process.CommandResult;
import io.doceph.host.process.Deadline;
import io.doceph.volume.VolumeError;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The index of a place: the omap of one object, so that all volumes are listed by one program. A
 * key is a volume's name; or {@code NAME/holder} for who writes to it, {@code NAME/reader/HOST} for
 * who reads it, {@code /trash/ID} for what was removed. No volume's name has a slash.
 */
final class Index {
  /** The object's name in each pool and namespace. */
  static final String OBJECT = "doceph.index";

  static final String HOLDER = "/holder";
  static final String READER = "/reader/";
  static final String TRASH = "/trash/";

  /**
   * rados says so when nobody has ever written to the object; its exit code is 1 for everything.
   */
  private static final String NO_OBJECT = "(2) No such file or directory";

  private static final String NO_POOL = "error opening pool";
  private static final String NO_KEY = "No such key";

  private final Cluster cluster;
  private final RbdCommands commands;
  private final String user;

  Index(Cluster cluster, RbdCommands commands, String user) {
    this.cluster = cluster;
    this.commands = commands;
    this.user = user;
  }

  /** All keys of a place with their values; asks even a cluster that is known to be silent. */
  Map<String, byte[]> all(Place place, Deadline deadline) {
    String what = "the volumes in " + place + " cannot be listed";
    try {
      CommandResult result =
          cluster.index(commands.listOmap(place, OBJECT, deadline), what, user, place.pool());
      return OmapDump.all(result.stdout());
    } catch (VolumeError e) {
      if (isAbsent(e)) {
        return new LinkedHashMap<>();
      }
      throw e;
    } catch (IllegalArgumentException e) {
      throw new VolumeError(VolumeError.Code.UNAVAILABLE, what + ": " + e.getMessage(), e);
    }
  }

  /** The value of one key. */
  Optional<byte[]> get(Place place, String key, Deadline deadline) {
    String what = "'" + key + "' cannot be looked up in " + place;
    Command command = commands.getOmap(place, OBJECT, key, deadline);
    // rados says on standard output that there is no such key, and exits with 1 for everything.
    cluster.requireReachable(what, place);
    CommandResult result = cluster.index(command.acceptExit(1), what, user, place.pool());
    if (result.exitCode() == 0) {
      try {
        return Optional.of(OmapDump.one(result.stdout()));
      } catch (IllegalArgumentException e) {
        throw new VolumeError(VolumeError.Code.UNAVAILABLE, what + ": " + e.getMessage(), e);
      }
    }
    if (!result.text().contains(NO_KEY) && !isNoObject(result.stderr())) {
      CommandResult unused = cluster.run(command, what, place, user); // for its own failure
    }
    return Optional.empty();
  }

  void put(Place place, String key, ObjectNode value, Deadline deadline) {
    CommandResult unused =
        cluster.run(
            commands.setOmap(place, OBJECT, key, value.toString(), deadline),
            "'" + key + "' cannot be written into the index of " + place,
            place,
            user);
  }

  /** Takes a key away; none is success. */
  void remove(Place place, String key, Deadline deadline) {
    try {
      CommandResult unused =
          cluster.run(
              commands.removeOmap(place, OBJECT, key, deadline),
              "'" + key + "' cannot be taken out of the index of " + place,
              place,
              user);
    } catch (VolumeError e) {
      if (!isAbsent(e)) {
        throw e;
      }
    }
  }

  /** Reads a value. */
  static JsonNode json(byte[] value) {
    return Cluster.parse(value, "an entry of the index (" + value.length + " bytes)");
  }

  private static boolean isAbsent(VolumeError error) {
    return Cluster.failure(error)
        .filter(f -> f.kind() == CommandFailure.Kind.EXIT && isNoObject(f.stderr()))
        .isPresent();
  }

  private static boolean isNoObject(String said) {
    return said.contains(NO_OBJECT) && said.contains("omap") && !said.contains(NO_POOL);
  }
}
