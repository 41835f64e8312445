package io.doceph.cli;

import com.fasterxml.jackson.databind.JsonNode;

/** A volume, or many, as text. */
final class VolumeText {
  private VolumeText() {}

  static String table(JsonNode volumes) {
    boolean problems = false;
    for (JsonNode volume : volumes) {
      problems |= Json.has(volume, "problem");
    }
    // The problem comes last and only when there is one: the columns before it stay where scripts
    // expect them.
    Table table =
        problems
            ? new Table(
                "NAME",
                "BACKEND",
                "SIZE",
                "FILESYSTEM",
                "STATE",
                "HOLDERS",
                "MOUNTPOINT",
                "PROBLEM")
            : new Table("NAME", "BACKEND", "SIZE", "FILESYSTEM", "STATE", "HOLDERS", "MOUNTPOINT");
    for (JsonNode volume : volumes) {
      table.row(
          Json.text(volume, "name"),
          Json.text(volume, "backend"),
          Json.size(volume, "sizeBytes"),
          Json.text(volume, "filesystem"),
          Json.text(volume, "state"),
          String.valueOf(volume.path("holders").size()),
          Json.text(volume, "mountpoint"),
          problems ? Json.text(volume, "problem") : "");
    }
    return table.text();
  }

  static String details(JsonNode volume) {
    String size = Json.size(volume, "sizeBytes");
    Facts facts =
        new Facts()
            .add("Name", Json.text(volume, "name"))
            .add("Backend", Json.text(volume, "backend"))
            .add(
                "Size",
                size.equals(Json.NOTHING)
                    ? size
                    : size + " (" + Json.text(volume, "sizeBytes") + " bytes)")
            .add("Filesystem", Json.text(volume, "filesystem"))
            .add("State", Json.text(volume, "state"))
            .add("Mountpoint", Json.text(volume, "mountpoint"))
            .add("Created", Json.text(volume, "createdAt"))
            .add("Options", Json.pairs(volume.path("options")));
    if (Json.has(volume, "usedBy")) {
      facts.add("Used by", Json.text(volume, "usedBy"));
    }
    if (Json.has(volume, "problem")) {
      facts.add("Problem", Json.text(volume, "problem"));
    }
    if (volume.path("holders").isEmpty()) {
      return facts.add("Holders", "none").text();
    }
    Table holders = new Table("HOLDER", "COUNT", "SINCE");
    for (JsonNode holder : volume.path("holders")) {
      holders.row(Json.text(holder, "id"), Json.text(holder, "count"), Json.text(holder, "since"));
    }
    return facts.text() + "\n" + holders.text();
  }
}
