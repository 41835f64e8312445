package io.doceph.host;

import io.doceph.host.process.Command;
import io.doceph.host.process.CommandClass;
import io.doceph.host.process.CommandFailure;
import io.doceph.host.process.CommandResult;
import io.doceph.host.process.Deadline;
import io.doceph.host.process.ProcessRunner;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The immutable flag: not even root can write into such a directory; but something can be mounted
 * on it.
 */
public final class Immutable {

  /**
   * What chattr says when the file system has no such flag (the first two), or when we may not set
   * it: without root, or without CAP_LINUX_IMMUTABLE in a container.
   */
  private static final List<String> CANNOT =
      List.of(
          "Operation not supported", "Inappropriate ioctl for device", "Operation not permitted");

  private final Tools tools;
  private final ProcessRunner runner;

  /** Uses {@code chattr}. */
  public Immutable(Tools tools, ProcessRunner runner) {
    this.tools = tools;
    this.runner = runner;
  }

  /**
   * Sets or removes the flag of a directory.
   *
   * @return false when that is not possible here, with nothing changed
   * @throws CommandFailure when it fails for another reason, such as that there is no such
   *     directory
   */
  public boolean set(Path directory, boolean on, Deadline deadline) {
    Optional<Path> chattr = tools.find("chattr");
    if (chattr.isEmpty()) {
      return false;
    }
    Command command =
        Command.of(chattr.get(), CommandClass.LOCAL)
            .arg(on ? "+i" : "-i", "--", directory.toString())
            .deadline(deadline);
    try {
      CommandResult unused = runner.run(command);
      return true;
    } catch (CommandFailure failure) {
      boolean cannot =
          failure.kind() == CommandFailure.Kind.EXIT
              && CANNOT.stream().anyMatch(failure.stderr()::contains);
      if (cannot) {
        return false;
      }
      throw failure;
    }
  }
}
