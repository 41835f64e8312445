package io.doceph.host;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Where the other programs are. Each is looked for once, when it is first needed, in the configured
 * place or else in the usual directories; never in PATH, which others may set.
 */
public final class Tools {

  private static final List<Path> DIRECTORIES =
      List.of(Path.of("/usr/sbin"), Path.of("/usr/bin"), Path.of("/sbin"), Path.of("/bin"));

  private final Map<String, Path> configured;

  /** Only what was found: what is missing now may be installed later. */
  private final Map<String, Path> found = new ConcurrentHashMap<>();

  /**
   * @param configured absolute paths by the tool's name, such as {@code mkfs.xfs}
   * @throws IllegalArgumentException when a path is not absolute
   */
  public Tools(Map<String, Path> configured) {
    configured.forEach(
        (name, path) -> {
          if (!path.isAbsolute()) {
            throw new IllegalArgumentException(
                "doceph.tools.%s must be an absolute path such as /usr/sbin/%s, not '%s'"
                    .formatted(name, name, path));
          }
        });
    this.configured = Map.copyOf(configured);
  }

  /**
   * The absolute path of a tool.
   *
   * @throws MissingToolException when there is none; it names the package to install
   */
  public Path require(String name) {
    return find(name).orElseThrow(() -> new MissingToolException(missing(name)));
  }

  /**
   * The absolute path of a tool, empty when it is not installed.
   *
   * @throws MissingToolException when a path is configured and there is no program
   */
  public Optional<Path> find(String name) {
    Path known = found.get(name);
    if (known != null) {
      return Optional.of(known);
    }
    Optional<Path> path = look(name);
    path.ifPresent(where -> found.put(name, where));
    return path;
  }

  private Optional<Path> look(String name) {
    Path set = configured.get(name);
    if (set == null) {
      return DIRECTORIES.stream()
          .map(directory -> directory.resolve(name))
          .filter(Tools::isProgram)
          .findFirst();
    }
    if (!isProgram(set)) {
      throw new MissingToolException(
          "doceph.tools.%s is set to %s, which is no executable file; correct it, or remove it to use the usual places"
              .formatted(name, set));
    }
    return Optional.of(set);
  }

  private static boolean isProgram(Path path) {
    return Files.isRegularFile(path) && Files.isExecutable(path);
  }

  private static String missing(String name) {
    String install =
        switch (name) {
          case "mkfs.xfs", "xfs_growfs", "xfs_repair", "xfs_admin" ->
              packages("xfsprogs", "xfsprogs");
          case "mkfs.ext4", "debugfs", "e2fsck", "resize2fs", "tune2fs", "chattr" ->
              packages("e2fsprogs", "e2fsprogs");
          case "mkfs.btrfs", "btrfs" -> packages("btrfs-progs", "btrfs-progs");
          case "mount", "umount", "losetup" -> packages("mount", "util-linux");
          case "blkid", "fsfreeze", "fstrim" -> packages("util-linux", "util-linux");
          case "cmp" -> packages("diffutils", "diffutils");
          case "rbd", "rados", "ceph" -> packages("ceph-common", "ceph-common");
          case "rbd-nbd" -> packages("rbd-nbd", "rbd-nbd");
          default -> "install the package that has it";
        };
    return "the program %s is not installed: %s, or set doceph.tools.%s to where it is"
        .formatted(name, install, name);
  }

  private static String packages(String debian, String redHat) {
    return debian.equals(redHat)
        ? "install the package %s".formatted(debian)
        : "install the package %s (Debian, Ubuntu) or %s (RHEL, Fedora)".formatted(debian, redHat);
  }
}
