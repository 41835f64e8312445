package io.doceph.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code doceph who}. */
@Command(
    name = "who",
    description = {
      "Shows who uses a volume now, on whatever host, as the cluster tells.",
      "",
      "ACCESS is rw or ro. STATE is alive, or silent when the cluster hears nothing of that host: it is cut off, and the volume taken over, by the next "
          + "mount elsewhere. A host without a name is a client that is no doceph."
    },
    footer = {"  doceph who vol1", "  doceph who vol1 --json"})
final class WhoCommand implements Callable<Integer> {
  private final Session session;

  @Parameters(paramLabel = "NAME", description = "The volume's name.")
  String name = "";

  WhoCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode answer = session.daemon().get(ApiPath.volume(name, "users"));
    return session.print(answer, UserText.table(Json.array(answer, "users")));
  }
}
