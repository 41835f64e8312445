package io.doceph.volume;

import io.doceph.host.Filesystem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The mount options that a volume may ask for. An allow list: an option that could weaken the host
 * (devices, other people's journals, a different device) is not on it.
 */
final class MountOptions {
  private static final Set<String> ANY =
      Set.of(
          "ro",
          "noatime",
          "relatime",
          "strictatime",
          "nodiratime",
          "lazytime",
          "nosuid",
          "nodev",
          "noexec",
          "sync",
          "dirsync",
          "discard",
          "nodiscard");
  private static final Map<Filesystem, Set<String>> OWN =
      Map.of(
          Filesystem.XFS,
          Set.of(
              "allocsize=",
              "inode64",
              "largeio",
              "nolargeio",
              "logbsize=",
              "logbufs=",
              "swalloc",
              "sunit=",
              "swidth=",
              "uquota",
              "gquota",
              "pquota",
              "usrquota",
              "grpquota",
              "prjquota",
              "noquota",
              "nouuid",
              "wsync"),
          Filesystem.EXT4,
          Set.of(
              "acl",
              "noacl",
              "user_xattr",
              "nouser_xattr",
              "commit=",
              "data=",
              "delalloc",
              "nodelalloc",
              "errors=",
              "stripe=",
              "usrquota",
              "grpquota",
              "prjquota",
              "noquota",
              "init_itable=",
              "noinit_itable",
              "max_batch_time=",
              "min_batch_time=",
              "journal_checksum",
              "dioread_lock",
              "dioread_nolock",
              "i_version"),
          Filesystem.BTRFS,
          Set.of(
              "acl",
              "noacl",
              "autodefrag",
              "noautodefrag",
              "commit=",
              "compress",
              "compress=",
              "compress-force",
              "compress-force=",
              "datacow",
              "nodatacow",
              "datasum",
              "nodatasum",
              "flushoncommit",
              "noflushoncommit",
              "max_inline=",
              "space_cache=",
              "ssd",
              "nossd",
              "thread_pool="));
  private static final Pattern VALUE = Pattern.compile("[A-Za-z0-9:_.-]{1,32}");

  private MountOptions() {}

  /** Splits and checks a comma-separated list. */
  static List<String> parse(String text, Filesystem filesystem) {
    List<String> options = new ArrayList<>();
    for (String option : text.split(",", -1)) {
      String trimmed = option.strip();
      if (trimmed.isEmpty()) {
        continue;
      }
      if (!isAllowed(trimmed, filesystem)) {
        Set<String> known = new TreeSet<>(ANY);
        known.addAll(OWN.getOrDefault(filesystem, Set.of()));
        throw new VolumeError(
            VolumeError.Code.INVALID,
            "the mount option '"
                + Text.shown(trimmed)
                + "' is not allowed for "
                + filesystem.wireName()
                + "; allowed: "
                + String.join(" ", known));
      }
      options.add(trimmed);
    }
    return List.copyOf(options);
  }

  private static boolean isAllowed(String option, Filesystem filesystem) {
    if (option.equals("errors=panic")) {
      return false; // one damaged volume would stop the host
    }
    Set<String> own = OWN.getOrDefault(filesystem, Set.of());
    int equals = option.indexOf('=');
    if (equals < 0) {
      return ANY.contains(option) || own.contains(option);
    }
    return own.contains(option.substring(0, equals + 1))
        && VALUE.matcher(option.substring(equals + 1)).matches();
  }
}
