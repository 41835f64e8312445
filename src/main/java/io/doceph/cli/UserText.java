package io.doceph.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.StringJoiner;

/** Those who use a volume, as text. */
final class UserText {
  private UserText() {}

  static String table(JsonNode users) {
    Table table = new Table("HOST", "ADDRESS", "SINCE", "ACCESS", "STATE");
    for (JsonNode user : users) {
      table.row(
          Json.text(user, "host"),
          Json.text(user, "address"),
          Json.text(user, "since"),
          isWriter(user) ? "rw" : "ro",
          state(user));
    }
    return table.text();
  }

  /** Those who write, for a sentence; empty when there are none. */
  static String writers(JsonNode users) {
    StringJoiner writers = new StringJoiner(" and ");
    for (JsonNode user : users) {
      if (isWriter(user)) {
        writers.add(one(user));
      }
    }
    return writers.toString();
  }

  private static String one(JsonNode user) {
    StringJoiner details = new StringJoiner(", ", " (", ")");
    if (Json.has(user, "address")) {
      details.add(Json.text(user, "address"));
    }
    if (Json.has(user, "since")) {
      details.add("since " + Json.text(user, "since"));
    }
    String who =
        Json.has(user, "host") ? "host " + Json.text(user, "host") : "a client that is no doceph";
    return who + details.add(state(user));
  }

  private static boolean isWriter(JsonNode user) {
    return user.path("writer").asBoolean();
  }

  private static String state(JsonNode user) {
    return user.path("alive").asBoolean() ? "alive" : "silent";
  }
}
