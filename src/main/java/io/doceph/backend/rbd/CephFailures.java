package io.doceph.backend.rbd;

import io.doceph.host.process.CommandFailure;
import io.doceph.volume.VolumeError;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What Ceph's programs say, as one sentence with what to do. They tell errors by errno, which for
 * some is ambiguous: then their words decide, each named here with when it occurs (Ceph 16 to 19).
 */
final class CephFailures {
  static final int ENOENT = 2;
  static final int EBUSY = 16;
  static final int EEXIST = 17;
  static final int EINVAL = 22;
  static final int ENOTEMPTY = 39;

  /** {@code rbd map} with features that the kernel does not know, exit code 6. */
  private static final Pattern FEATURES = Pattern.compile("\"(rbd feature disable [^\"]+)\"");

  /** {@code rbd map} when modprobe fails; exit code 2, as for a missing image. */
  private static final String NO_KRBD = "failed to load rbd kernel module";

  /** {@code rbd map -t nbd} without rbd-nbd, or without the kernel's module. */
  private static final String NO_NBD = "rbd-nbd: exec failed";

  private static final String NO_NBD_MODULE = "failed to find unused device";

  /** Any program whose user has no keyring file; exit code 2, as for a missing image. */
  private static final String NO_KEYRING = "unable to find a keyring";

  /** Any program when the monitors do not accept the user's key; rados exits with 1 then. */
  private static final String WRONG_KEY = "handle_auth_bad_method";

  /** Any program when the keyring is no keyring. */
  private static final String BROKEN_KEYRING = "auth: error parsing file";

  /** Any program when no monitor can be talked to, or lets the user in. */
  private static final String NO_CONNECTION = "couldn't connect to";

  private static final String NO_POOL = "error opening pool";

  /** {@code rbd} in a namespace that is not there, exit code 2, as for a missing image. */
  private static final Pattern NO_NAMESPACE = Pattern.compile("namespace '([^']+)' does not exist");

  /** {@code rbd create --data-pool}, exit code 2. */
  private static final Pattern NO_DATA_POOL = Pattern.compile("data pool (\\S+) does not exist");

  /** {@code rbd} and {@code rados} without a configuration file, exit code 1. */
  private static final String NO_CONF = "unable to open config file";

  /** The same of {@code ceph}. */
  private static final String NO_CONF_EITHER = "error calling conf_read_file";

  private static final String DENIED = "(13) Permission denied";
  private static final String NOT_PERMITTED = "(1) Operation not permitted";

  /** {@code ceph} whose user may not do that. */
  private static final String EACCES = "Error EACCES";

  private static final String FULL = "(28) No space left on device";
  private static final String QUOTA = "(122) Disk quota exceeded";
  private static final String TIMED_OUT = "(110) Connection timed out";
  private static final String BLOCKLISTED = "(108) Cannot send after transport endpoint shutdown";

  /** Part of doceph's own sentence about a user without the capabilities. */
  private static final String MAY_NOT = " may not do that, or its key is wrong;";

  private CephFailures() {}

  /** Whether kernel RBD is not to be had on this machine. */
  static boolean isWithoutKrbd(CommandFailure failure) {
    return failure.stderr().contains(NO_KRBD);
  }

  /** Whether it was about an image (or a name in the trash) that is not there. */
  static boolean isNoImage(CommandFailure failure) {
    return failure.kind() == CommandFailure.Kind.EXIT
        && failure.exitCode() == ENOENT
        && !failure.stderr().contains(NO_POOL)
        && !failure.stderr().contains(NO_KEYRING)
        && !failure.stderr().contains(NO_CONNECTION)
        && !failure.stderr().contains(NO_KRBD)
        && !NO_NAMESPACE.matcher(failure.stderr()).find()
        && !NO_DATA_POOL.matcher(failure.stderr()).find();
  }

  /**
   * The failure as the user is told it.
   *
   * @param what was being done, such as {@code image volumes/db1 cannot be mapped}
   */
  static VolumeError explain(String what, CommandFailure failure, String user, String pool) {
    String said = failure.stderr();
    return switch (failure.kind()) {
      case NOT_STARTED ->
          error(VolumeError.Code.UNAVAILABLE, what, String.valueOf(failure.getMessage()), failure);
      case TIMEOUT, STUCK ->
          error(
              VolumeError.Code.UNAVAILABLE,
              what,
              "the Ceph cluster does not answer ("
                  + failure.program()
                  + " had not ended after "
                  + failure.duration().toSeconds()
                  + " s); doceph goes on by itself when it does: look at `ceph status`, and at the"
                  + " network to the monitors and OSDs",
              failure);
      case TOO_MANY ->
          error(VolumeError.Code.BUSY, what, String.valueOf(failure.getMessage()), failure);
      default -> ofWords(what, said, user, pool, failure);
    };
  }

  private static VolumeError ofWords(
      String what, String said, String user, String pool, CommandFailure failure) {
    Matcher features = FEATURES.matcher(said);
    if (features.find()) {
      return error(
          VolumeError.Code.FAILED,
          what,
          "the image has features that this kernel cannot map; run `"
              + features.group(1)
              + "`, or set doceph.rbd.mapper=nbd",
          failure);
    }
    if (said.contains(NO_KRBD)) {
      return error(
          VolumeError.Code.FAILED,
          what,
          "the kernel module rbd cannot be loaded; install the kernel's modules and `modprobe"
              + " rbd`, or install rbd-nbd and set doceph.rbd.mapper=nbd",
          failure);
    }
    if (said.contains(NO_NBD) || said.contains(NO_NBD_MODULE)) {
      return error(
          VolumeError.Code.FAILED,
          what,
          "rbd-nbd cannot be used here; install the package rbd-nbd and `modprobe nbd`, or set"
              + " doceph.rbd.mapper=krbd",
          failure);
    }
    if (said.contains(NO_KEYRING)) {
      return error(
          VolumeError.Code.FAILED,
          what,
          "there is no keyring for the Ceph user "
              + user
              + "; put it into /etc/ceph/ceph.client."
              + user
              + ".keyring, readable by root alone (`ceph auth get client."
              + user
              + "` prints it)",
          failure);
    }
    if (said.contains(BROKEN_KEYRING)) {
      return error(
          VolumeError.Code.FAILED,
          what,
          "the keyring of the Ceph user "
              + user
              + " cannot be read; write it anew (`ceph auth get client."
              + user
              + "` prints it)",
          failure);
    }
    if (said.contains(WRONG_KEY)) {
      return error(
          VolumeError.Code.FAILED,
          what,
          "the cluster does not accept the key of the Ceph user "
              + user
              + "; put the right one into its keyring (`ceph auth get client."
              + user
              + "` prints it)",
          failure);
    }
    if (said.contains(NO_CONF) || said.contains(NO_CONF_EITHER)) {
      return error(
          VolumeError.Code.FAILED,
          what,
          "Ceph's configuration file is not there or cannot be read; copy it from a monitor's host,"
              + " or set doceph.rbd.conf to where it is",
          failure);
    }
    if (said.contains(NO_POOL)) {
      return error(VolumeError.Code.FAILED, what, noPool(pool), failure);
    }
    Matcher dataPool = NO_DATA_POOL.matcher(said);
    if (dataPool.find()) {
      return error(VolumeError.Code.FAILED, what, noPool(dataPool.group(1)), failure);
    }
    Matcher namespace = NO_NAMESPACE.matcher(said);
    if (namespace.find()) {
      return error(
          VolumeError.Code.FAILED,
          what,
          "there is no namespace "
              + namespace.group(1)
              + " in the pool "
              + pool
              + "; an administrator makes it: `rbd namespace create "
              + pool
              + "/"
              + namespace.group(1)
              + "`",
          failure);
    }
    if (said.contains(FULL) || said.contains(QUOTA)) {
      return error(VolumeError.Code.FAILED, what, full(pool), failure);
    }
    if (said.contains(BLOCKLISTED)) {
      return error(
          VolumeError.Code.UNAVAILABLE,
          what,
          "the cluster has cut this client off (blocklisted); `ceph osd blocklist ls` shows it",
          failure);
    }
    if (said.contains(DENIED) || said.contains(NOT_PERMITTED) || said.contains(EACCES)) {
      return error(VolumeError.Code.FAILED, what, denied(user, pool), failure);
    }
    if (said.contains(TIMED_OUT)) {
      return error(VolumeError.Code.UNAVAILABLE, what, "the Ceph cluster does not answer", failure);
    }
    return error(codeOf(said), what, String.valueOf(failure.getMessage()), failure);
  }

  private static VolumeError.Code codeOf(String said) {
    return said.contains(NO_CONNECTION) ? VolumeError.Code.UNAVAILABLE : VolumeError.Code.FAILED;
  }

  /** A map that had to be killed: the cluster may be silent, or this one image be held. */
  static VolumeError hungMap(String what, CommandFailure failure, Image image) {
    return error(
        VolumeError.Code.UNAVAILABLE,
        what,
        "`rbd device map` had not ended after "
            + failure.duration().toSeconds()
            + " s and was undone; either the Ceph cluster does not answer (look at `ceph status`) or"
            + " somebody holds the image (`rbd status "
            + image
            + "`, `rbd lock ls "
            + image
            + "`)",
        failure);
  }

  /** Whether the program itself has given up waiting for the cluster. */
  static boolean isTimeout(CommandFailure failure) {
    return failure.stderr().contains(TIMED_OUT);
  }

  /** That a pool has no room, and what to do. */
  static String full(String pool) {
    return "the pool "
        + pool
        + " is full; remove what is not needed, empty the trash (`doceph trash purge --all`), or add"
        + " OSDs or quota";
  }

  /** What an administrator runs to give a user all that doceph needs. */
  static String caps(String user, String pool) {
    return "ceph auth caps client."
        + user
        + " mon 'profile rbd' osd 'profile rbd pool="
        + pool
        + "' mgr 'profile rbd pool="
        + pool
        + "'";
  }

  private static String noPool(String pool) {
    return "there is no pool "
        + pool
        + "; an administrator makes it: `ceph osd pool create "
        + pool
        + "`, then `rbd pool init "
        + pool
        + "`";
  }

  /** Whether an error says that a user lacks capabilities. */
  static boolean isDenied(String message) {
    return message.contains(MAY_NOT);
  }

  private static String denied(String user, String pool) {
    return "the Ceph user "
        + user
        + MAY_NOT
        + " an administrator runs `"
        + caps(user, pool)
        + "` (with all its pools), and `ceph auth get client."
        + user
        + "` shows the key that its keyring must have";
  }

  private static VolumeError error(
      VolumeError.Code code, String what, String why, CommandFailure failure) {
    return new VolumeError(code, what + ": " + why, failure);
  }
}
