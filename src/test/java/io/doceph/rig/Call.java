package io.doceph.rig;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * One call of dockerd and what it was answered.
 *
 * @param path such as {@code /VolumeDriver.Mount}
 * @param body the request's body as it was sent
 * @param status the HTTP status; 0 when the connection was closed instead
 * @param answer the answer's body
 */
public record Call(String path, String body, int status, String answer) {
  /** The endpoint without its interface: {@code Mount}. */
  public String endpoint() {
    return path.substring(path.indexOf('.') + 1);
  }

  /** The request's body as JSON; an empty body is a missing node. */
  public JsonNode request() {
    return PluginClient.parse(body);
  }

  /** The volume that the call is about; empty when about none. */
  public String volume() {
    return request().path("Name").asText();
  }

  /** The holder's id in a Mount or Unmount; empty in others. */
  public String id() {
    return request().path("ID").asText();
  }

  @Override
  public String toString() {
    return path + " " + body.strip() + " -> " + status + " " + answer.strip();
  }
}
