package io.doceph.observe;

import io.doceph.host.MissingToolException;
import io.doceph.host.Tools;
import io.doceph.host.process.Command;
import io.doceph.host.process.CommandClass;
import io.doceph.host.process.CommandFailure;
import io.doceph.host.process.CommandResult;
import io.doceph.host.process.Deadline;
import io.doceph.host.process.ProcessRunner;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The programs that block volumes need, and their versions. */
final class ToolChecks {
  /** Each tool with the argument that makes it tell its version. */
  private static final Map<String, String> FOR_BLOCK = new LinkedHashMap<>();

  static {
    FOR_BLOCK.put("mount", "--version");
    FOR_BLOCK.put("umount", "--version");
    FOR_BLOCK.put("blkid", "--version");
    FOR_BLOCK.put("losetup", "--version");
    FOR_BLOCK.put("chattr", "");
    FOR_BLOCK.put("mkfs.xfs", "-V");
    FOR_BLOCK.put("xfs_growfs", "-V");
    FOR_BLOCK.put("mkfs.ext4", "-V");
    FOR_BLOCK.put("resize2fs", "");
    FOR_BLOCK.put("debugfs", "-V");
    FOR_BLOCK.put("e2fsck", "-V");
    FOR_BLOCK.put("mkfs.btrfs", "--version");
    FOR_BLOCK.put("btrfs", "--version");
  }

  /** What volumes of one filesystem alone need. */
  private static final Map<String, String> OF_FILESYSTEM =
      Map.of(
          "mkfs.xfs", "xfs",
          "xfs_growfs", "xfs",
          "mkfs.ext4", "ext4",
          "resize2fs", "ext4",
          "debugfs", "ext4",
          "e2fsck", "ext4",
          "mkfs.btrfs", "btrfs",
          "btrfs", "btrfs");

  private final Tools tools;
  private final ProcessRunner runner;

  ToolChecks(Tools tools, ProcessRunner runner) {
    this.tools = tools;
    this.runner = runner;
  }

  /**
   * What block volumes need.
   *
   * @param filesystems those that are in use here; the tools of others need not be installed
   */
  List<Check> forBlock(Set<String> filesystems) {
    List<Check> checks = new ArrayList<>();
    FOR_BLOCK.forEach((tool, argument) -> checks.add(check(tool, argument, filesystems)));
    return checks;
  }

  private Check check(String tool, String versionArgument, Set<String> filesystems) {
    String name = "tool " + tool;
    try {
      String filesystem = OF_FILESYSTEM.get(tool);
      if (filesystem != null && !filesystems.contains(filesystem) && tools.find(tool).isEmpty()) {
        return Check.ok(name, "not installed; only volumes with " + filesystem + " need it");
      }
      Path path = tools.require(tool);
      return Check.ok(
          name, path + (versionArgument.isEmpty() ? "" : ", " + version(path, versionArgument)));
    } catch (MissingToolException e) {
      return Check.problem(
          name,
          String.valueOf(e.getMessage()),
          "install it, or say where it is with doceph.tools." + tool);
    } catch (CommandFailure e) {
      return Check.problem(
          name, String.valueOf(e.getMessage()), "look at the program; doceph could not run it");
    }
  }

  private String version(Path program, String argument) {
    CommandResult result =
        runner.run(
            Command.of(program, CommandClass.LOCAL)
                .arg(argument)
                .acceptExit(1)
                .deadline(Deadline.after(Duration.ofSeconds(5))));
    String text = result.text().isBlank() ? result.stderr() : result.text();
    return text.strip().lines().findFirst().orElse("no version told");
  }
}
