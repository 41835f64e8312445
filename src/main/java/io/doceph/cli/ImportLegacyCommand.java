package io.doceph.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code doceph import-legacy}. */
@Command(
    name = "import-legacy",
    description = {
      "Takes over the volumes that the original doceph left on this host, one by one, and shows what became of each. Their data is not touched.",
      "",
      "They are found in the original's metadata folder and in /etc/ceph/rbdmap and /etc/fstab. The lines of a volume that was taken over are taken out of "
          + "the two tables, of which copies are kept; the folder is left. Done again it goes on where it was interrupted. Ends with 1 when a volume failed."
    },
    footer = {
      "  doceph import-legacy --metadata /var/lib/doceph/metadata --dry-run",
      "  doceph import-legacy --metadata /var/lib/doceph/metadata"
    })
final class ImportLegacyCommand implements Callable<Integer> {
  private final Session session;

  @Option(
      names = "--metadata",
      paramLabel = "DIR",
      required = true,
      description = "The original's metadata folder.")
  @Nullable Path metadata;

  @Option(
      names = {"-n", "--dry-run"},
      description = "Only show what would be taken over.")
  boolean dryRun;

  ImportLegacyCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode answer =
        session
            .patientDaemon()
            .post(
                ApiPath.IMPORT_LEGACY,
                Json.object()
                    .put(
                        "metadata",
                        String.valueOf(metadata == null ? "" : metadata.toAbsolutePath()))
                    .put("dryRun", dryRun));
    JsonNode volumes = Json.array(answer, "volumes");
    session.print(answer, text(volumes));
    for (JsonNode volume : volumes) {
      if (Json.has(volume, "error")) {
        return ExitCode.FAILED;
      }
    }
    return ExitCode.OK;
  }

  private String text(JsonNode volumes) {
    if (volumes.isEmpty()) {
      return "there is nothing of the original doceph in " + metadata + " and in the tables\n";
    }
    Table table = new Table("VOLUME", "RESULT", "DETAIL");
    for (JsonNode volume : volumes) {
      String name = Json.text(volume, "name");
      table.row(name, result(volume), detail(volume));
      // One row for each sentence: a cell is never cut, and two sentences in one are hard to read.
      for (JsonNode note : volume.path("notes")) {
        table.row(name, "note", note.asText());
      }
      for (JsonNode step : volume.path("done")) {
        table.row(name, "done", step.asText());
      }
    }
    return table.text();
  }

  private String result(JsonNode volume) {
    if (Json.has(volume, "error")) {
      return "failed";
    }
    if (volume.path("adopted").asBoolean()) {
      return "taken over";
    }
    if (Json.has(volume, "obstacle")) {
      return "left";
    }
    return dryRun ? "found" : "left";
  }

  private static String detail(JsonNode volume) {
    return Json.has(volume, "error") ? Json.text(volume, "error") : Json.text(volume, "obstacle");
  }
}
