package io.doceph.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code doceph unprotect}. */
@Command(
    name = "unprotect",
    description =
        "Allows the removal of a volume again that 'doceph protect' forbade, and prints nothing.",
    footer = "  doceph unprotect vol1")
final class UnprotectCommand implements Callable<Integer> {
  private final Session session;

  @Parameters(paramLabel = "NAME", description = "The volume's name.")
  String name = "";

  UnprotectCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode volume = session.daemon().post(ApiPath.volume(name, "unprotect"), Json.object());
    return session.print(volume, "");
  }
}
