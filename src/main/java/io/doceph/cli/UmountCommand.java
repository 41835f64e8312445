package io.doceph.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code doceph umount}. */
@Command(
    name = "umount",
    aliases = "unmount",
    description = {
      "Ends what 'doceph mount' began, and prints nothing.",
      "",
      "Containers that hold the volume keep it mounted; one that 'doceph mount' has not mounted is left as it is, with success."
    },
    footer = "  doceph umount vol1")
final class UmountCommand implements Callable<Integer> {
  private final Session session;

  @Parameters(paramLabel = "NAME", description = "The volume's name.")
  String name = "";

  UmountCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode answer =
        session
            .daemon()
            .post(ApiPath.volume(name, "unmount"), Json.object().put("id", MountCommand.HOLDER));
    return session.print(answer, "");
  }
}
