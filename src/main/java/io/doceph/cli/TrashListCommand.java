package io.doceph.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code doceph trash list}. */
@Command(
    name = "list",
    aliases = "ls",
    description =
        "Lists the removed volumes that can be brought back, youngest first. From EXPIRES on they may be deleted for good.",
    footer = {"  doceph trash list", "  doceph trash list --json"})
final class TrashListCommand implements Callable<Integer> {
  private final Session session;

  TrashListCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode answer = session.daemon().get(ApiPath.TRASH);
    Table table = new Table("NAME", "ID", "SIZE", "POOL", "DELETED", "EXPIRES");
    for (JsonNode trashed : Json.array(answer, "trash")) {
      table.row(
          Json.text(trashed, "name"),
          Json.text(trashed, "id"),
          Json.size(trashed, "sizeBytes"),
          Json.text(trashed, "pool"),
          Json.text(trashed, "deletedAt"),
          Json.text(trashed, "expiresAt"));
    }
    return session.print(answer, table.text());
  }
}
