package io.doceph.config;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Every key that users can set, with the values it takes and what it is for: the source of
 * configuration errors and of {@code docs/configuration.md} (a test compares both with {@link
 * DocephConfig}).
 */
public final class ConfigKeys {
  private static final String PATH = "an absolute path";
  private static final String PERIOD = "a number with a unit, such as 500ms, 30s, 5m, 2h or 7d";
  private static final String COUNT = "a whole number, 1 or more";

  /**
   * One key.
   *
   * @param name the whole name, with the prefix
   * @param allowed which values it takes, to follow the word "allowed:"
   * @param purpose one sentence
   */
  public record Key(String name, String allowed, String purpose) {
    /** The environment variable of the same meaning. */
    public String variable() {
      return name.replaceAll("[^A-Za-z0-9]", "_").toUpperCase(Locale.ROOT);
    }
  }

  private static final List<Key> KEYS =
      List.of(
          key("socket", PATH, "The UNIX socket that Docker and the command line talk to."),
          key("socket-mode", "three octal digits, such as 0600", "The socket's permissions."),
          key("socket-group", "the name of a group", "The socket's group; root's when not set."),
          key(
              "listen.tcp",
              "HOST:PORT",
              "Also listens on TCP: a loopback address, or any address when the three tls keys are set. Off when not set."),
          key("tls.cert", PATH, "PEM file with the server's certificate chain, for listen.tcp."),
          key("tls.key", PATH, "PEM file with the server's private key, for listen.tcp."),
          key(
              "tls.client-ca",
              PATH,
              "PEM file with the certificate authority that clients' certificates must be signed by, for listen.tcp."),
          key(
              "management",
              "off, or HOST:PORT with a loopback address",
              "Where health (/health) and Prometheus metrics (/metrics) are served."),
          key("run-dir", PATH, "State that a reboot voids: the mount registry."),
          key(
              "state-dir",
              PATH,
              "State that a reboot keeps, and the lock against a second daemon."),
          key("mount-root", PATH, "The directory that holds the mountpoints of block volumes."),
          key("backend", "rbd, vfs or loop", "The backend of a volume that asks for none."),
          key(
              "backends",
              "a list out of rbd, vfs and loop, separated by commas",
              "The backends that are enabled; when not set vfs, loop, and rbd if it is the default backend or rbd.conf exists."),
          key(
              "default-size",
              "a size, such as 512MiB or 10GiB",
              "The size of a block volume that asks for none."),
          key(
              "filesystem",
              "xfs, ext4 or btrfs",
              "The filesystem of a block volume that asks for none."),
          key(
              "scope",
              "auto, local or global",
              "What Docker is told about the reach of volumes; auto is global when the default backend is shared by hosts (rbd), else local."),
          key(
              "host-name",
              "a text",
              "This host's name, as other hosts are told it; the kernel's host name when not set."),
          key(
              "vfs.path",
              PATH,
              "The directory that holds the vfs backend's volumes; it may be on NFS."),
          key(
              "vfs.require-mount",
              "true or false",
              "Refuses to use vfs.path while nothing is mounted there: set it when the path is an NFS mount."),
          key("loop.path", PATH, "The directory that holds the loop backend's files."),
          key("rbd.conf", PATH, "Ceph's configuration file, for the rbd backend."),
          key(
              "rbd.pool",
              "POOL or POOL/NAMESPACE",
              "The pool of a volume that asks for none, for the rbd backend."),
          key(
              "rbd.pools",
              "POOL or POOL/NAMESPACE, separated by commas",
              "Pools, and namespaces in them, that a volume may ask for besides rbd.pool."),
          key(
              "rbd.auth-user",
              "the name of a Ceph user without 'client.'",
              "The Ceph user, for the rbd backend."),
          key(
              "rbd.users",
              "names of Ceph users, separated by commas",
              "The Ceph users that a volume may ask for besides rbd.auth-user."),
          key(
              "rbd.mapper",
              "krbd, nbd or auto",
              "How images become devices: by the kernel, by rbd-nbd, or by the first of these that works."),
          key(
              "rbd.remove",
              "trash, delete, keep or refuse",
              "What removing a volume does: into RBD's trash, deleted at once, forgotten on this host alone, or nothing."),
          key("rbd.trash-expiry", PERIOD, "How long a removed volume can be brought back."),
          key(
              "rbd.takeover-wait",
              PERIOD,
              "How long a mount waits for the host that holds the volume to turn out dead; Ceph knows after 30 s."),
          key(
              "rbd.blocklist-expiry",
              PERIOD,
              "How long a client that a volume was taken over from stays cut off from the cluster."),
          key(
              "rbd.command-timeout",
              PERIOD,
              "How long a short command of Ceph's may take before the cluster counts as silent."),
          key(
              "rbd.host-tables",
              "true or false",
              "Keeps lines for each volume in rbdmap and fstab, as the first doceph did."),
          key("rbd.keyring-dir", PATH, "Where the users' keyrings are, for rbdmap."),
          key("rbd.rbdmap", PATH, "The host's rbdmap, for rbd.host-tables and import-legacy."),
          key("rbd.fstab", PATH, "The host's fstab, for rbd.host-tables and import-legacy."),
          tool("mount"),
          tool("umount"),
          tool("losetup"),
          tool("blkid"),
          tool("chattr"),
          tool("rbd"),
          tool("rados"),
          tool("ceph"),
          tool("mkfs.xfs"),
          tool("mkfs.ext4"),
          tool("mkfs.btrfs"),
          tool("xfs_growfs"),
          tool("resize2fs"),
          tool("debugfs"),
          tool("e2fsck"),
          tool("btrfs"),
          key(
              "limits.long-call",
              PERIOD,
              "When a create, mount or grow is given up and undone; Docker itself gives up at 120 s."),
          key(
              "limits.short-call",
              PERIOD,
              "When any other call is given up; Docker itself gives up at 60 s."),
          key(
              "limits.lock-wait",
              PERIOD,
              "How long a call waits for another operation on the same volume before it is refused."),
          key("limits.operations", COUNT, "How many operations on volumes run at once."),
          key(
              "limits.local-commands",
              COUNT,
              "How many quick local commands (mount, losetup) run at once."),
          key(
              "limits.format-commands",
              COUNT,
              "How many long local commands (mkfs, fsck) run at once."),
          key("limits.ceph-commands", COUNT, "How many Ceph commands run at once."),
          key(
              "refresh-interval",
              PERIOD,
              "How often the backends are looked through for volumes that other hosts made or removed."),
          key(
              "reaper.interval",
              PERIOD,
              "How often mounts that nobody holds any more are looked for."),
          key(
              "reaper.grace",
              PERIOD,
              "How long after a restart of Docker the mounts of the old one are left alone."),
          key(
              "fault.kill-at",
              "the name of a step",
              "Kills the daemon at a step; only for the project's own tests, refused outside a test bed."));

  private static final Map<String, Key> BY_NAME =
      KEYS.stream().collect(Collectors.toMap(Key::name, k -> k));

  private ConfigKeys() {}

  /** All keys, in the order of the documentation. */
  public static List<Key> all() {
    return KEYS;
  }

  /** The key of that whole name. */
  public static Optional<Key> named(String name) {
    return Optional.ofNullable(BY_NAME.get(name));
  }

  private static Key key(String name, String allowed, String purpose) {
    return new Key("doceph." + name, allowed, purpose);
  }

  private static Key tool(String name) {
    return key(
        "tools." + name,
        PATH,
        "Where " + name + " is, when it is not in /usr/sbin, /usr/bin, /sbin or /bin.");
  }
}
