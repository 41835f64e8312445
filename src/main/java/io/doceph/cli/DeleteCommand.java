package io.doceph.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code doceph delete}. */
@Command(
    name = "delete",
    description = {
      "Deletes a volume and its data, and prints nothing.",
      "",
      "A volume in use is refused (exit code 4): stop its containers, or 'doceph umount' it."
    },
    footer = {"  doceph delete vol1", "  doceph delete -r vol1"})
final class DeleteCommand implements Callable<Integer> {
  private final Session session;

  @Parameters(paramLabel = "NAME", description = "The volume's name.")
  String name = "";

  @Option(
      names = {"-r", "--reference"},
      description = "Forget the volume on this host only and keep its data.")
  boolean reference;

  DeleteCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode answer = session.daemon().delete(ApiPath.volume(name) + "?reference=" + reference);
    return session.print(answer, "");
  }
}
