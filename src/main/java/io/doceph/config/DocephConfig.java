package io.doceph.config;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;
import java.util.List;
import java.util.Optional;

/**
 * Everything that users set, under the prefix {@code doceph.}; {@link ConfigKeys} holds the same
 * keys with their descriptions and {@code docs/configuration.md} lists them. Optional values are
 * those for which "not set" is itself a setting.
 */
@ConfigMapping(prefix = "doceph")
public interface DocephConfig {
  @WithDefault("/run/docker/plugins/doceph.sock")
  AbsolutePath socket();

  @WithName("socket-mode")
  @WithDefault("0600")
  FileMode socketMode();

  @WithName("socket-group")
  Optional<String> socketGroup();

  @WithName("listen.tcp")
  Optional<HostPort> listenTcp();

  Tls tls();

  @WithDefault("127.0.0.1:9650")
  String management();

  @WithName("run-dir")
  @WithDefault("/run/doceph")
  AbsolutePath runDir();

  @WithName("state-dir")
  @WithDefault("/var/lib/doceph")
  AbsolutePath stateDir();

  @WithName("mount-root")
  @WithDefault("/var/lib/doceph/mounts")
  AbsolutePath mountRoot();

  @WithDefault("rbd")
  String backend();

  Optional<List<String>> backends();

  @WithName("default-size")
  @WithDefault("1GiB")
  ByteSize defaultSize();

  @WithDefault("xfs")
  String filesystem();

  @WithDefault("auto")
  String scope();

  @WithName("host-name")
  Optional<String> hostName();

  Vfs vfs();

  Loop loop();

  Rbd rbd();

  Tools tools();

  Limits limits();

  @WithName("refresh-interval")
  @WithDefault("5s")
  Period refreshInterval();

  Reaper reaper();

  Fault fault();

  /** PEM files for TCP with TLS. */
  interface Tls {
    Optional<AbsolutePath> cert();

    Optional<AbsolutePath> key();

    @WithName("client-ca")
    Optional<AbsolutePath> clientCa();
  }

  /** The directory backend. */
  interface Vfs {
    @WithDefault("/var/lib/doceph/vfs")
    AbsolutePath path();

    @WithName("require-mount")
    @WithDefault("false")
    boolean requireMount();
  }

  /** The loop file backend. */
  interface Loop {
    @WithDefault("/var/lib/doceph/loop")
    AbsolutePath path();
  }

  /** The Ceph RBD backend. */
  interface Rbd {
    @WithDefault("/etc/ceph/ceph.conf")
    AbsolutePath conf();

    @WithDefault("volumes")
    String pool();

    Optional<List<String>> pools();

    @WithName("auth-user")
    @WithDefault("docker")
    String authUser();

    Optional<List<String>> users();

    @WithDefault("krbd")
    String mapper();

    @WithDefault("trash")
    String remove();

    @WithName("trash-expiry")
    @WithDefault("7d")
    Period trashExpiry();

    @WithName("takeover-wait")
    @WithDefault("40s")
    Period takeoverWait();

    @WithName("blocklist-expiry")
    @WithDefault("365d")
    Period blocklistExpiry();

    @WithName("command-timeout")
    @WithDefault("20s")
    Period commandTimeout();

    @WithName("host-tables")
    @WithDefault("false")
    boolean hostTables();

    @WithName("keyring-dir")
    @WithDefault("/etc/ceph")
    AbsolutePath keyringDir();

    @WithDefault("/etc/ceph/rbdmap")
    AbsolutePath rbdmap();

    @WithDefault("/etc/fstab")
    AbsolutePath fstab();
  }

  /** Absolute paths of tools that are not where distributions put them. */
  interface Tools {
    Optional<AbsolutePath> mount();

    Optional<AbsolutePath> umount();

    Optional<AbsolutePath> losetup();

    Optional<AbsolutePath> blkid();

    Optional<AbsolutePath> chattr();

    Optional<AbsolutePath> rbd();

    Optional<AbsolutePath> rados();

    Optional<AbsolutePath> ceph();

    @WithName("mkfs.xfs")
    Optional<AbsolutePath> mkfsXfs();

    @WithName("mkfs.ext4")
    Optional<AbsolutePath> mkfsExt4();

    @WithName("mkfs.btrfs")
    Optional<AbsolutePath> mkfsBtrfs();

    @WithName("xfs_growfs")
    Optional<AbsolutePath> xfsGrowfs();

    Optional<AbsolutePath> resize2fs();

    Optional<AbsolutePath> debugfs();

    Optional<AbsolutePath> e2fsck();

    Optional<AbsolutePath> btrfs();
  }

  /** Bounds on time and on what runs at once. */
  interface Limits {
    @WithName("long-call")
    @WithDefault("110s")
    Period longCall();

    @WithName("short-call")
    @WithDefault("50s")
    Period shortCall();

    @WithName("lock-wait")
    @WithDefault("20s")
    Period lockWait();

    @WithDefault("128")
    int operations();

    @WithName("local-commands")
    @WithDefault("16")
    int localCommands();

    @WithName("format-commands")
    @WithDefault("4")
    int formatCommands();

    @WithName("ceph-commands")
    @WithDefault("8")
    int cephCommands();
  }

  /** When mounts that only dead dockerds hold are given back. */
  interface Reaper {
    @WithDefault("30s")
    Period interval();

    @WithDefault("2m")
    Period grace();
  }

  /** Fault injection for tests; a daemon outside a test bed refuses it. */
  interface Fault {
    @WithName("kill-at")
    Optional<String> killAt();
  }
}
