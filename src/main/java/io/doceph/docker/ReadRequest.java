package io.doceph.docker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeName;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The body of a plugin call, read by hand: dockerd sends no Content-Type, the first doceph's users
 * a form's, and both may leave members out or send null.
 */
final class ReadRequest {
  /** The largest body that is read, in bytes. */
  static final int LIMIT = 1 << 20;

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final ObjectNode body;

  private ReadRequest(ObjectNode body) {
    this.body = body;
  }

  /**
   * Reads a body.
   *
   * @throws VolumeError {@code INVALID} when it is empty (dockerd's retry after a broken
   *     connection), too long, or not one JSON object
   */
  static ReadRequest of(byte @Nullable [] bytes) {
    if (bytes == null || bytes.length == 0) {
      throw invalid("the request has no body; send one JSON object such as {\"Name\": \"db1\"}");
    }
    if (bytes.length > LIMIT) {
      throw invalid("the request is larger than 1 MiB; a volume's name and options never are");
    }
    try {
      if (JSON.readTree(bytes) instanceof ObjectNode object) {
        return new ReadRequest(object);
      }
    } catch (JsonProcessingException e) {
      throw invalid("the request is not JSON: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw invalid("the request cannot be read: " + e.getMessage());
    }
    throw invalid("the request must be one JSON object such as {\"Name\": \"db1\"}");
  }

  /** The volume's name, checked. */
  VolumeName name() {
    return new VolumeName(rawName());
  }

  /** The volume's name as it came; it may be empty. */
  String rawName() {
    JsonNode name = body.get("Name");
    if (name == null || !name.isTextual()) {
      throw invalid("the request needs a \"Name\" that is a text");
    }
    return name.textValue();
  }

  /** The mount ID; empty when there is none, as from the first doceph's users. */
  String id() {
    JsonNode id = body.get("ID");
    if (id == null || id.isNull()) {
      return "";
    }
    if (!id.isTextual() || id.textValue().length() > 256) {
      throw invalid("the request's \"ID\" must be a text of at most 256 characters");
    }
    return id.textValue();
  }

  /** The options; null when there are none. */
  @Nullable ObjectNode options() {
    JsonNode options = body.get("Opts");
    if (options == null || options.isNull()) {
      return null;
    }
    if (options instanceof ObjectNode object) {
      return object;
    }
    throw invalid("the request's \"Opts\" must be a JSON object such as {\"size\": \"10G\"}");
  }

  private static VolumeError invalid(String message) {
    return new VolumeError(VolumeError.Code.INVALID, message);
  }
}
