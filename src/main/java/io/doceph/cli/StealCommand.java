package io.doceph.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code doceph steal}. */
@Command(
    name = "steal",
    description = {
      "Cuts every other host that writes to a volume off, alive or not, so that this host can mount it; prints what was done and how to undo it.",
      "",
      "What the others have not written yet is lost, and their containers get errors. A host that is dead is cut off by the next mount anyway. Asks first, "
          + "and refuses without --yes where there is no terminal to ask on."
    },
    footer = {"  doceph who vol1", "  doceph steal vol1", "  doceph steal vol1 --yes"})
final class StealCommand implements Callable<Integer> {
  private final Session session;

  @Parameters(paramLabel = "NAME", description = "The volume's name.")
  String name = "";

  @Option(
      names = {"-y", "--yes"},
      description = "Do not ask.")
  boolean yes;

  StealCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    DaemonClient daemon = session.daemon();
    if (!yes) {
      session.terminal().require("steal cuts other hosts off", "doceph steal " + name + " --yes");
      JsonNode answer = daemon.get(ApiPath.volume(name, "users"));
      session.terminal().confirm(question(Json.array(answer, "users")));
    }
    JsonNode answer = daemon.post(ApiPath.volume(name, "steal"), Json.object());
    StringBuilder text = new StringBuilder();
    for (JsonNode sentence : Json.array(answer, "done")) {
      text.append(Printable.of(sentence.asText())).append('\n');
    }
    return session.print(
        answer, text.isEmpty() ? "there was nobody to cut off\n" : text.toString());
  }

  private String question(JsonNode users) {
    String writers = UserText.writers(users);
    return writers.isEmpty()
        ? "Nobody is known to write to volume " + name + "; whoever holds it still is cut off."
        : "This cuts off "
            + writers
            + " from volume "
            + name
            + ": what is not written yet is lost.";
  }
}
