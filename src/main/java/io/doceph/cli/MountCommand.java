package io.doceph.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code doceph mount}. */
@Command(
    name = "mount",
    description = {
      "Mounts a volume on this host and prints its mountpoint.",
      "",
      "The volume is then held by '"
          + MountCommand.HOLDER
          + "' beside any containers, until 'doceph umount'."
    },
    footer = {"  doceph mount vol1", "  ls \"$(doceph mount vol1)\""})
final class MountCommand implements Callable<Integer> {
  /** The holder's ID of all mounts by this program; containers' IDs are 64 hexadecimal digits. */
  static final String HOLDER = "cli";

  private final Session session;

  @Parameters(paramLabel = "NAME", description = "The volume's name.")
  String name = "";

  MountCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode answer =
        session.daemon().post(ApiPath.volume(name, "mount"), Json.object().put("id", HOLDER));
    if (!Json.has(answer, "mountpoint")) {
      throw new CliFailure(
          ErrorCode.BAD_ANSWER,
          "the daemon's answer has no 'mountpoint'; is it doceph's socket, and of this version?");
    }
    return session.print(answer, Json.text(answer, "mountpoint") + "\n");
  }
}
