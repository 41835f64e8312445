package io.doceph.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code doceph list}. */
@Command(
    name = "list",
    aliases = "ls",
    description = "Lists the volumes; a column PROBLEM appears when one of them has any.",
    footer = {"  doceph list", "  doceph list --json"})
final class ListCommand implements Callable<Integer> {
  private final Session session;

  ListCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode answer = session.daemon().get(ApiPath.VOLUMES);
    return session.print(answer, VolumeText.table(Json.array(answer, "volumes")));
  }
}
