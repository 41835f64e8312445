package io.doceph.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code doceph info}. */
@Command(
    name = "info",
    description =
        "Shows the daemon: version, backends, counts, what it is doing right now, and its meters.",
    footer = {"  doceph info", "  doceph info --json"})
final class InfoCommand implements Callable<Integer> {
  private final Session session;

  InfoCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode info = session.daemon().get(ApiPath.INFO);
    return session.print(info, text(info));
  }

  private static String text(JsonNode info) {
    return new Facts()
            .add("Version", Json.text(info, "version"))
            .add("Process", Json.text(info, "pid"))
            .add("Started", Json.text(info, "startedAt"))
            .add("Socket", Json.text(info, "socket"))
            .add("Scope", Json.text(info, "scope"))
            .add(
                "Volumes",
                Json.text(info, "volumes") + ", " + Json.text(info, "mounted") + " of them mounted")
            .text()
        + "\n"
        + backends(Json.array(info, "backends"))
        + cluster(info.path("cluster"))
        + operations(info.path("operations"))
        + commands(info.path("commands"))
        + metrics(info.path("metrics"));
  }

  private static String backends(JsonNode backends) {
    Table table = new Table("BACKEND", "ENABLED", "DEFAULT", "STATE", "DETAIL");
    for (JsonNode backend : backends) {
      table.row(
          Json.text(backend, "name"),
          yesNo(backend.path("enabled")),
          yesNo(backend.path("default")),
          Json.text(backend, "state"),
          Json.text(backend, "detail"));
    }
    return table.text();
  }

  private static String cluster(JsonNode cluster) {
    if (cluster.isEmpty()) {
      return "";
    }
    Table table = new Table("CLUSTER", "VALUE");
    for (var fact : cluster.properties()) {
      table.row(fact.getKey(), fact.getValue().asText());
    }
    return "\n" + table.text();
  }

  private static String operations(JsonNode operations) {
    if (operations.isEmpty()) {
      return "";
    }
    Table table = new Table("VOLUME", "OPERATION", "SINCE");
    for (JsonNode operation : operations) {
      table.row(
          Json.text(operation, "volume"),
          Json.text(operation, "operation"),
          Json.text(operation, "since"));
    }
    return "\n" + table.text();
  }

  private static String commands(JsonNode commands) {
    if (commands.isEmpty()) {
      return "";
    }
    Table table = new Table("RUNNING COMMAND");
    for (JsonNode command : commands) {
      table.row(command.isObject() ? Json.pairs(command) : command.asText());
    }
    return "\n" + table.text();
  }

  private static String metrics(JsonNode metrics) {
    if (metrics.isEmpty()) {
      return "";
    }
    Table table = new Table("METER", "VALUE");
    for (var metric : metrics.properties()) {
      table.row(metric.getKey(), metric.getValue().asText());
    }
    return "\n" + table.text();
  }

  private static String yesNo(JsonNode value) {
    return value.asBoolean() ? "yes" : "no";
  }
}
