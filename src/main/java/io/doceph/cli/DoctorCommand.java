package io.doceph.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code doceph doctor}. */
@Command(
    name = "doctor",
    description = {
      "Checks the host, the daemon and the cluster and says how to mend what is wrong; changes nothing without --repair.",
      "",
      "Tools and their versions, the kernel, the socket and how Docker finds it, leftover maps and mounts, the registry against the kernel's tables, "
          + "free space, the cluster's images against the index of volumes. Ends with 7 when there is a problem; warnings alone end with 0."
    },
    footer = {"  doceph doctor", "  doceph doctor --json", "  doceph doctor --repair"})
final class DoctorCommand implements Callable<Integer> {
  private final Session session;

  @Option(
      names = "--repair",
      description =
          "Mend first what can be mended without losing anything: the index, and what interrupted operations of this host left.")
  boolean repair;

  DoctorCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    DaemonClient daemon = session.patientDaemon();
    JsonNode answer =
        repair ? daemon.post(ApiPath.REPAIR, Json.object()) : daemon.get(ApiPath.DOCTOR);
    JsonNode checks = Json.array(answer, "checks");
    int problems = count(checks, "problem");
    session.print(answer, text(checks, problems));
    return answer.path("healthy").asBoolean(problems == 0) && problems == 0
        ? ExitCode.OK
        : ExitCode.PROBLEMS_FOUND;
  }

  private static String text(JsonNode checks, int problems) {
    Table table = new Table("STATUS", "CHECK", "DETAIL");
    StringBuilder remedies = new StringBuilder();
    for (JsonNode check : checks) {
      table.row(Json.text(check, "status"), Json.text(check, "name"), Json.text(check, "detail"));
      if (Json.has(check, "remedy")) {
        remedies
            .append(Printable.of(Json.text(check, "name") + ": " + Json.text(check, "remedy")))
            .append('\n');
      }
    }
    String mend = remedies.isEmpty() ? "" : "\nWhat to do:\n" + remedies.toString().indent(2);
    return table.text()
        + mend
        + "\n"
        + checks.size()
        + " checks, "
        + count(checks, "warning")
        + " warnings, "
        + problems
        + " problems\n";
  }

  private static int count(JsonNode checks, String status) {
    int count = 0;
    for (JsonNode check : checks) {
      if (Json.text(check, "status").equals(status)) {
        count++;
      }
    }
    return count;
  }
}
