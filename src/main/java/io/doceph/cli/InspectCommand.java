package io.doceph.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code doceph inspect}. */
@Command(
    name = "inspect",
    description =
        "Shows all that is known of a volume: size, state, mountpoint, options, who holds it, and what is wrong with it.",
    footer = {"  doceph inspect vol1", "  doceph inspect vol1 --json"})
final class InspectCommand implements Callable<Integer> {
  private final Session session;

  @Parameters(paramLabel = "NAME", description = "The volume's name.")
  String name = "";

  InspectCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode volume = session.daemon().get(ApiPath.volume(name));
    return session.print(volume, VolumeText.details(volume));
  }
}
