package io.doceph.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code doceph protect}. */
@Command(
    name = "protect",
    description = {
      "Refuses the volume's removal, by Docker too, until 'doceph unprotect', and prints nothing.",
      "",
      "It can be mounted and written to as before."
    },
    footer = "  doceph protect vol1")
final class ProtectCommand implements Callable<Integer> {
  private final Session session;

  @Parameters(paramLabel = "NAME", description = "The volume's name.")
  String name = "";

  ProtectCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode volume = session.daemon().post(ApiPath.volume(name, "protect"), Json.object());
    return session.print(volume, "");
  }
}
