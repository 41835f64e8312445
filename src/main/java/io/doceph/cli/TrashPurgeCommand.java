package io.doceph.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code doceph trash purge}. */
@Command(
    name = "purge",
    description = {
      "Deletes removed volumes and their data for good, and prints their names. Nothing brings them back.",
      "",
      "--all asks first, and refuses without --yes where there is no terminal to ask on."
    },
    footer = {
      "  doceph trash purge vol1",
      "  doceph trash purge --expired",
      "  doceph trash purge --all --yes"
    })
final class TrashPurgeCommand implements Callable<Integer> {
  private final Session session;

  @Parameters(
      arity = "0..1",
      paramLabel = "WHICH",
      description =
          "Its name, or its ID in 'doceph trash list'; of several of one name the youngest.")
  @Nullable String which;

  @Option(names = "--expired", description = "All that have expired.")
  boolean expired;

  @Option(names = "--all", description = "All, expired or not.")
  boolean all;

  @Option(
      names = {"-y", "--yes"},
      description = "Do not ask.")
  boolean yes;

  TrashPurgeCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    String given = which;
    if ((given == null ? 0 : 1) + (expired ? 1 : 0) + (all ? 1 : 0) != 1) {
      throw new CliFailure(
          ErrorCode.INVALID_REQUEST,
          "say which: a name or an ID, or --expired, or --all, as in 'doceph trash purge vol1'");
    }
    DaemonClient daemon = session.patientDaemon();
    if (all && !yes && !isWanted(daemon)) {
      return session.print(nothing(), "");
    }
    ObjectNode request = Json.object();
    if (given != null) {
      request.put("which", given);
    } else {
      request.put(all ? "all" : "expired", true);
    }
    JsonNode answer = daemon.post(ApiPath.PURGE, request);
    StringBuilder names = new StringBuilder();
    for (JsonNode purged : Json.array(answer, "purged")) {
      names.append(Printable.of(Json.text(purged, "name"))).append('\n');
    }
    return session.print(answer, names.toString());
  }

  /** Asks; false when there is nothing to ask about. */
  private boolean isWanted(DaemonClient daemon) {
    session.terminal().require("purge --all deletes for good", "doceph trash purge --all --yes");
    int count = Json.array(daemon.get(ApiPath.TRASH), "trash").size();
    if (count > 0) {
      session
          .terminal()
          .confirm(
              count == 1
                  ? "This deletes the one removed volume for good."
                  : "This deletes all " + count + " removed volumes for good.");
    }
    return count > 0;
  }

  private static ObjectNode nothing() {
    ObjectNode answer = Json.object();
    answer.putArray("purged");
    return answer;
  }
}
