package io.doceph.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code doceph trash restore}. */
@Command(
    name = "restore",
    description = "Brings a removed volume back with its data, and prints its name.",
    footer = {"  doceph trash restore vol1", "  doceph trash restore 1fb6a21d1a05 --as vol1-old"})
final class TrashRestoreCommand implements Callable<Integer> {
  private final Session session;

  @Parameters(
      paramLabel = "WHICH",
      description =
          "Its name, or its ID in 'doceph trash list'; of several of one name the youngest.")
  String which = "";

  @Option(
      names = "--as",
      paramLabel = "NAME",
      description = "The name it is to have. Default: the one it had.")
  @Nullable String as;

  TrashRestoreCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    ObjectNode request = Json.object().put("which", which);
    if (as != null) {
      request.put("as", as);
    }
    JsonNode volume = session.daemon().post(ApiPath.RESTORE, request);
    return session.print(volume, Printable.of(Json.text(volume, "name")) + "\n");
  }
}
