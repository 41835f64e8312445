package io.doceph.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The daemon's API: JSON objects in and out, its errors as {@link CliFailure}. */
final class DaemonClient {
  private final Path socket;
  private final UnixHttpClient http;

  DaemonClient(Path socket, Duration deadline) {
    this.socket = socket;
    this.http = new UnixHttpClient(socket, deadline);
  }

  JsonNode get(String target) {
    return objectOf(http.send("GET", target, ""));
  }

  JsonNode post(String target, JsonNode body) {
    return objectOf(http.send("POST", target, body.toString()));
  }

  JsonNode delete(String target) {
    return objectOf(http.send("DELETE", target, ""));
  }

  private JsonNode objectOf(HttpAnswer answer) {
    JsonNode json = parse(answer);
    boolean success = answer.status() >= 200 && answer.status() < 300;
    if (success && json != null) {
      return json;
    }
    if (answer.status() == 204) {
      return Json.object();
    }
    JsonNode error = json == null || success ? null : json.get("error");
    if (error != null && Json.has(error, "code") && Json.has(error, "message")) {
      throw CliFailure.ofDaemon(Json.text(error, "code"), Json.text(error, "message"));
    }
    throw new CliFailure(ErrorCode.BAD_ANSWER, notLikeDoceph(answer));
  }

  /** The body as an object, or null when it is anything else. */
  private static @Nullable JsonNode parse(HttpAnswer answer) {
    try {
      JsonNode json = Json.parse(answer.body());
      return json.isObject() ? json : null;
    } catch (JsonProcessingException e) {
      return null;
    }
  }

  private String notLikeDoceph(HttpAnswer answer) {
    String type = answer.contentType().isEmpty() ? "no Content-Type" : answer.contentType();
    return "what listens on "
        + socket
        + " answered HTTP "
        + answer.status()
        + " ("
        + Printable.of(type)
        + ") not as doceph does; look at the daemon's log, or name doceph's socket with --socket";
  }
}
