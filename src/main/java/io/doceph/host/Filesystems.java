package io.doceph.host;

import io.doceph.host.process.Command;
import io.doceph.host.process.CommandClass;
import io.doceph.host.process.CommandFailure;
import io.doceph.host.process.CommandResult;
import io.doceph.host.process.Deadline;
import io.doceph.host.process.ProcessRunner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Makes, mounts, grows and checks file systems. The device is only ever touched by other programs,
 * which have a deadline: it may hang. All methods throw {@link CommandFailure} when a tool fails,
 * and {@link MissingToolException} when there is none.
 */
public final class Filesystems {

  private static final int MIB = 1 << 20;

  /**
   * blkid: nothing found. Also: no such device, or not readable; so the device is always read
   * besides.
   */
  private static final int BLKID_NOTHING = 2;

  /** blkid: several things found, none of them for sure. */
  private static final int BLKID_AMBIVALENT = 8;

  private static final int CMP_DIFFERENT = 1;

  /** e2fsck: errors were corrected. */
  private static final int E2FSCK_CORRECTED = 1;

  /**
   * Alone or among other letters. An option with its value attached that has an f is refused as
   * well: write it apart.
   */
  private static final Pattern FORCE = Pattern.compile("-[a-zA-Z]*[fF][a-zA-Z]*|--force");

  private static final Pattern DEBUGFS_VERSION = Pattern.compile("debugfs \\d.*");

  private final Tools tools;
  private final ProcessRunner runner;
  private final CommandClass shortOnes;
  private final CommandClass longOnes;
  private final boolean onCeph;

  /** For devices of this machine. */
  public Filesystems(Tools tools, ProcessRunner runner) {
    this(tools, runner, CommandClass.LOCAL, CommandClass.FORMAT, false);
  }

  private Filesystems(
      Tools tools,
      ProcessRunner runner,
      CommandClass shortOnes,
      CommandClass longOnes,
      boolean onCeph) {
    this.tools = tools;
    this.runner = runner;
    this.shortOnes = shortOnes;
    this.longOnes = longOnes;
    this.onCeph = onCeph;
  }

  /**
   * The same for devices that hang when the Ceph cluster does: they take no places from local ones.
   */
  public Filesystems onCeph() {
    return new Filesystems(tools, runner, CommandClass.CEPH, CommandClass.CEPH, true);
  }

  /**
   * Tells what a device (or an image file) holds.
   *
   * @return a few words, such as {@code ext4}; empty only when blkid knows nothing and, on devices
   *     of this machine, the first and the last MiB are zero
   */
  public Optional<String> probe(Path device, Deadline deadline) {
    Command blkid =
        command("blkid", shortOnes, deadline)
            .arg("-p", "-o", "export", "--", device.toString())
            .acceptExit(BLKID_NOTHING, BLKID_AMBIVALENT);
    CommandResult result = runner.run(blkid);
    if (result.exitCode() == BLKID_AMBIVALENT) {
      return Optional.of("signatures of several file systems at once");
    }
    if (result.exitCode() == 0) {
      return Optional.of(signature(result.text()));
    }
    if (onCeph) {
      // An image is made under a name of its own by the operation that formats it: it cannot hold
      // what blkid does not know, and each look at its ends would be a trip through the cluster.
      return Optional.empty();
    }
    long size = size(device);
    if (!isZero(device, 0, Math.min(size, MIB), deadline)) {
      return Optional.of("unknown data in its first MiB");
    }
    if (size > MIB && !isZero(device, size - MIB, MIB, deadline)) {
      return Optional.of("unknown data in its last MiB");
    }
    return Optional.empty();
  }

  /**
   * Makes a file system on a blank device. Probes it first, each time: there is no way past that.
   *
   * @param extraArguments for mkfs, before the device
   * @throws DeviceNotBlankException when the device holds anything; it is left as it is
   * @throws IllegalArgumentException when an argument would force mkfs over data or name another
   *     device
   */
  public void make(
      Path device, Filesystem filesystem, List<String> extraArguments, Deadline deadline) {
    for (String argument : extraArguments) {
      if (FORCE.matcher(argument).matches() || argument.startsWith("/") || argument.equals("--")) {
        throw new IllegalArgumentException(
            "'%s' is not allowed as an argument of mkfs: doceph never forces it, and names the device itself"
                .formatted(argument));
      }
    }
    Optional<String> found = probe(device, deadline);
    if (found.isPresent()) {
      throw new DeviceNotBlankException(device, found.get());
    }
    Command mkfs =
        switch (filesystem) {
          // No discard: the image is fresh, and a discard of all of it takes minutes.
          case XFS -> command("mkfs.xfs", longOnes, deadline).arg("-q", "-K");
          // No blocks kept for root, and no 32 MiB to 1 GiB of zeros written: the kernel does that
          // later.
          case EXT4 ->
              command("mkfs.ext4", longOnes, deadline)
                  .arg("-q", "-m0", "-E", "nodiscard,lazy_itable_init=1,lazy_journal_init=1");
          case BTRFS -> command("mkfs.btrfs", longOnes, deadline).arg("-q", "--nodiscard");
        };
    run(mkfs.args(extraArguments).arg("--", device.toString()));
    if (filesystem == Filesystem.EXT4) {
      removeLostAndFound(device, deadline);
    }
  }

  /**
   * It would keep Docker from copying an image's files into the volume, and databases from starting
   * in it; e2fsck makes it again when it needs it.
   */
  private void removeLostAndFound(Path device, Deadline deadline) {
    CommandResult result =
        runner.run(
            command("debugfs", longOnes, deadline)
                .arg("-w", "-R", "rmdir lost+found", "--", device.toString()));
    // It ends with 0 whatever happens, and says what went wrong after a line with its version.
    String wrong =
        result
            .stderr()
            .lines()
            .filter(line -> !DEBUGFS_VERSION.matcher(line).matches())
            .collect(Collectors.joining("; "));
    if (!wrong.isBlank()) {
      throw new HostException(
          "lost+found cannot be taken out of the fresh ext4 on %s: %s".formatted(device, wrong));
    }
  }

  /**
   * Mounts it. An xfs is mounted with {@code nouuid}, for a clone has the UUID of its origin; what
   * is on Ceph with {@code _netdev}, so that a host that stops unmounts it before its network goes
   * (systemd.mount(5)).
   */
  public void mount(
      Path source,
      Filesystem filesystem,
      Path mountPoint,
      List<String> options,
      Deadline deadline) {
    List<String> all = new ArrayList<>(options);
    if (filesystem == Filesystem.XFS && !all.contains("nouuid")) {
      all.add("nouuid");
    }
    if (onCeph) {
      all.add("_netdev");
    }
    Command mount = command("mount", shortOnes, deadline).arg("-t", filesystem.wireName());
    if (!all.isEmpty()) {
      mount = mount.arg("-o", String.join(",", all));
    }
    run(mount.arg("--", source.toString(), mountPoint.toString()));
  }

  /**
   * Unmounts what is seen at a path, the top one if several are; that nothing is mounted there is
   * success.
   */
  public void unmount(Path mountPoint, Deadline deadline) {
    if (MountTable.at(mountPoint).isEmpty()) {
      return;
    }
    try {
      run(command("umount", shortOnes, deadline).arg("--", mountPoint.toString()));
    } catch (CommandFailure failure) {
      // Somebody else was faster.
      if (failure.kind() != CommandFailure.Kind.EXIT || MountTable.at(mountPoint).isPresent()) {
        throw failure;
      }
    }
  }

  /**
   * Makes a mounted file system as large as its device. An ext4 may also be unmounted, if it was
   * {@linkplain #check checked} just before; mounted it can only grow with CAP_SYS_RESOURCE, which
   * a container may lack.
   */
  public void grow(Filesystem filesystem, Path device, Path mountPoint, Deadline deadline) {
    run(
        switch (filesystem) {
          case XFS ->
              command("xfs_growfs", longOnes, deadline).arg("-d", "--", mountPoint.toString());
          case EXT4 -> command("resize2fs", longOnes, deadline).arg("--", device.toString());
          case BTRFS ->
              command("btrfs", longOnes, deadline)
                  .arg("filesystem", "resize", "max", mountPoint.toString());
        });
  }

  /**
   * Checks a file system that is not mounted, and repairs what is safe to repair, as an ext4 wants
   * before it grows offline. Does nothing for xfs and btrfs, which have no such tool: they replay
   * their logs when mounted.
   */
  public void check(Filesystem filesystem, Path device, Deadline deadline) {
    if (filesystem == Filesystem.EXT4) {
      run(
          command("e2fsck", longOnes, deadline)
              .arg("-f", "-p", "--", device.toString())
              .acceptExit(E2FSCK_CORRECTED));
    }
  }

  private boolean isZero(Path device, long offset, long length, Deadline deadline) {
    Command compare =
        command("cmp", shortOnes, deadline)
            .arg(
                "-s",
                "-n",
                Long.toString(length),
                "-i",
                offset + ":0",
                "--",
                device.toString(),
                "/dev/zero")
            .acceptExit(CMP_DIFFERENT);
    return runner.run(compare).exitCode() == 0;
  }

  private static long size(Path device) {
    OptionalLong blocks = BlockDevices.sizeBytes(device);
    if (blocks.isPresent()) {
      return blocks.getAsLong();
    }
    try {
      return Files.size(device);
    } catch (IOException e) {
      throw new HostException("the size of %s cannot be found: %s".formatted(device, e), e);
    }
  }

  /** {@code TYPE=ext4}, or {@code PTTYPE=gpt} of a partition table. */
  private static String signature(String export) {
    for (String key : List.of("TYPE=", "PTTYPE=")) {
      for (String line : export.split("\n", -1)) {
        if (line.startsWith(key)) {
          String what = line.substring(key.length());
          return key.equals("TYPE=") ? what : "a partition table (%s)".formatted(what);
        }
      }
    }
    return "a signature that blkid knows";
  }

  private void run(Command command) {
    CommandResult unused = runner.run(command);
  }

  private Command command(String tool, CommandClass commandClass, Deadline deadline) {
    return Command.of(tools.require(tool), commandClass).deadline(deadline);
  }
}
