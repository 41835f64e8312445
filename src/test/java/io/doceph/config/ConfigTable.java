package io.doceph.config;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/** Every key with its default and another value, as the tests know them. */
final class ConfigTable {
  private static final String UNSET = "Optional.empty";

  /**
   * One key.
   *
   * @param name the key without the prefix
   * @param read reads it
   * @param standard its default, as text
   * @param other another value that is allowed
   * @param otherRead that value when read, as text
   */
  record Row(
      String name,
      Function<DocephConfig, Object> read,
      String standard,
      String other,
      String otherRead) {
    String key() {
      return "doceph." + name;
    }

    String variable() {
      return key().toUpperCase(Locale.ROOT).replaceAll("[.-]", "_");
    }

    String of(DocephConfig config) {
      Object value = read.apply(config);
      return String.valueOf(value instanceof Optional<?> o && o.isPresent() ? o.get() : value);
    }
  }

  static final List<Row> ROWS =
      List.of(
          path("socket", DocephConfig::socket, "/run/docker/plugins/doceph.sock"),
          row("socket-mode", DocephConfig::socketMode, "0600", "660", "0660"),
          row("socket-group", DocephConfig::socketGroup, UNSET, "docker"),
          row("listen.tcp", DocephConfig::listenTcp, UNSET, "127.0.0.1:9999"),
          row("management", DocephConfig::management, "127.0.0.1:9650", "off"),
          path("run-dir", DocephConfig::runDir, "/run/doceph"),
          path("state-dir", DocephConfig::stateDir, "/var/lib/doceph"),
          path("mount-root", DocephConfig::mountRoot, "/var/lib/doceph/mounts"),
          row("backend", DocephConfig::backend, "rbd", "loop"),
          row("backends", DocephConfig::backends, UNSET, "loop,rbd", "[loop, rbd]"),
          row("default-size", DocephConfig::defaultSize, "1GiB", "512M", "512MiB"),
          row("filesystem", DocephConfig::filesystem, "xfs", "btrfs"),
          row("scope", DocephConfig::scope, "auto", "global"),
          row("host-name", DocephConfig::hostName, UNSET, "node7"),
          path("vfs.path", c -> c.vfs().path(), "/var/lib/doceph/vfs"),
          row("vfs.require-mount", c -> c.vfs().requireMount(), "false", "true"),
          path("loop.path", c -> c.loop().path(), "/var/lib/doceph/loop"),
          path("rbd.conf", c -> c.rbd().conf(), "/etc/ceph/ceph.conf"),
          row("rbd.pool", c -> c.rbd().pool(), "volumes", "ssd"),
          row("rbd.pools", c -> c.rbd().pools(), UNSET, "ssd,hdd/team1", "[ssd, hdd/team1]"),
          row("rbd.auth-user", c -> c.rbd().authUser(), "docker", "admin"),
          row("rbd.users", c -> c.rbd().users(), UNSET, "cinder,nova", "[cinder, nova]"),
          row("rbd.mapper", c -> c.rbd().mapper(), "krbd", "auto"),
          row("rbd.remove", c -> c.rbd().remove(), "trash", "keep"),
          period("rbd.trash-expiry", c -> c.rbd().trashExpiry(), "PT168H"),
          period("rbd.takeover-wait", c -> c.rbd().takeoverWait(), "PT40S"),
          period("rbd.blocklist-expiry", c -> c.rbd().blocklistExpiry(), "PT8760H"),
          period("rbd.command-timeout", c -> c.rbd().commandTimeout(), "PT20S"),
          row("rbd.host-tables", c -> c.rbd().hostTables(), "false", "true"),
          path("rbd.keyring-dir", c -> c.rbd().keyringDir(), "/etc/ceph"),
          path("rbd.rbdmap", c -> c.rbd().rbdmap(), "/etc/ceph/rbdmap"),
          path("rbd.fstab", c -> c.rbd().fstab(), "/etc/fstab"),
          path("tools.mount", c -> c.tools().mount(), UNSET),
          path("tools.umount", c -> c.tools().umount(), UNSET),
          path("tools.losetup", c -> c.tools().losetup(), UNSET),
          path("tools.blkid", c -> c.tools().blkid(), UNSET),
          path("tools.chattr", c -> c.tools().chattr(), UNSET),
          path("tools.rbd", c -> c.tools().rbd(), UNSET),
          path("tools.rados", c -> c.tools().rados(), UNSET),
          path("tools.ceph", c -> c.tools().ceph(), UNSET),
          path("tools.mkfs.xfs", c -> c.tools().mkfsXfs(), UNSET),
          path("tools.mkfs.ext4", c -> c.tools().mkfsExt4(), UNSET),
          path("tools.mkfs.btrfs", c -> c.tools().mkfsBtrfs(), UNSET),
          path("tools.xfs_growfs", c -> c.tools().xfsGrowfs(), UNSET),
          path("tools.resize2fs", c -> c.tools().resize2fs(), UNSET),
          path("tools.debugfs", c -> c.tools().debugfs(), UNSET),
          path("tools.e2fsck", c -> c.tools().e2fsck(), UNSET),
          path("tools.btrfs", c -> c.tools().btrfs(), UNSET),
          period("limits.long-call", c -> c.limits().longCall(), "PT1M50S"),
          period("limits.short-call", c -> c.limits().shortCall(), "PT50S"),
          period("limits.lock-wait", c -> c.limits().lockWait(), "PT20S"),
          row("limits.operations", c -> c.limits().operations(), "128", "7"),
          row("limits.local-commands", c -> c.limits().localCommands(), "16", "7"),
          row("limits.format-commands", c -> c.limits().formatCommands(), "4", "7"),
          row("limits.ceph-commands", c -> c.limits().cephCommands(), "8", "7"),
          period("refresh-interval", DocephConfig::refreshInterval, "PT5S"),
          period("reaper.interval", c -> c.reaper().interval(), "PT30S"),
          period("reaper.grace", c -> c.reaper().grace(), "PT2M"),
          row("fault.kill-at", c -> c.fault().killAt(), UNSET, "create-begun"));

  /** The keys that go together: each alone is wrong. */
  static final List<Row> TLS =
      List.of(
          path("tls.cert", c -> c.tls().cert(), UNSET),
          path("tls.key", c -> c.tls().key(), UNSET),
          path("tls.client-ca", c -> c.tls().clientCa(), UNSET));

  private ConfigTable() {}

  private static Row path(String name, Function<DocephConfig, Object> read, String standard) {
    return row(name, read, standard, "/somewhere/else");
  }

  private static Row period(String name, Function<DocephConfig, Period> read, String standard) {
    return row(name, c -> read.apply(c).duration(), standard, "77s", "PT1M17S");
  }

  private static Row row(
      String name, Function<DocephConfig, Object> read, String standard, String other) {
    return row(name, read, standard, other, other);
  }

  private static Row row(
      String name,
      Function<DocephConfig, Object> read,
      String standard,
      String other,
      String otherRead) {
    return new Row(name, read, standard, other, otherRead);
  }
}
