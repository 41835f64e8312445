package io.doceph.volume;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.config.ByteSize;
import io.doceph.config.FileMode;
import io.doceph.host.Filesystem;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A volume's description as backends keep it. What was allowed when it was made stays allowed:
 * reading checks the form, not the rules for new volumes.
 */
public final class VolumeJson {
  private VolumeJson() {}

  /** The description of a volume. */
  public static ObjectNode write(Volume volume) {
    VolumeSpec spec = volume.spec();
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("name", spec.name().value());
    json.put("backend", spec.backend());
    json.put("stage", volume.stage().text());
    json.put("createdAt", volume.createdAt().toString());
    json.put("hostId", volume.hostId());
    if (volume.growTo() != 0) {
      json.put("growTo", volume.growTo());
    }
    if (spec.size() != null) {
      json.put("sizeBytes", spec.size().bytes());
    }
    if (spec.filesystem() != null) {
      json.put("filesystem", spec.filesystem().wireName());
    }
    putAll(json.putArray("mkfs"), spec.mkfs());
    putAll(json.putArray("mountOptions"), spec.mountOptions());
    if (spec.root().mode() != null) {
      json.put("mode", spec.root().mode().toString());
    }
    if (spec.root().uid() != null) {
      json.put("uid", spec.root().uid());
    }
    if (spec.root().gid() != null) {
      json.put("gid", spec.root().gid());
    }
    if (spec.context() != null) {
      json.put("context", spec.context());
    }
    json.set("options", spec.options());
    return json;
  }

  /**
   * Reads a description.
   *
   * @throws IllegalArgumentException saying what is wrong with it
   */
  public static Volume read(JsonNode json) {
    JsonNode options = json.path("options");
    if (!(options instanceof ObjectNode shown)) {
      throw new IllegalArgumentException("the description has no options");
    }
    String size = text(json, "sizeBytes");
    String fs = text(json, "filesystem");
    String mode = text(json, "mode");
    VolumeSpec spec =
        new VolumeSpec(
            new VolumeName(required(json, "name")),
            required(json, "backend"),
            size == null ? null : new ByteSize(Long.parseLong(size)),
            fs == null ? null : Filesystem.parse(fs),
            list(json.path("mkfs")),
            list(json.path("mountOptions")),
            new VolumeSpec.Root(
                mode == null ? null : FileMode.parse(mode),
                number(json, "uid"),
                number(json, "gid")),
            text(json, "context"),
            shown);
    return new Volume(
        spec,
        instant(required(json, "createdAt")),
        Volume.Stage.valueOf(required(json, "stage").toUpperCase(Locale.ROOT)),
        required(json, "hostId"),
        json.path("growTo").asLong(0));
  }

  private static Instant instant(String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException("'" + Text.shown(text) + "' is not a time", e);
    }
  }

  private static void putAll(ArrayNode array, List<String> values) {
    values.forEach(array::add);
  }

  private static List<String> list(JsonNode array) {
    List<String> values = new ArrayList<>();
    array.forEach(v -> values.add(v.asText()));
    return values;
  }

  private static @Nullable Integer number(JsonNode json, String key) {
    return json.hasNonNull(key) ? Integer.valueOf(json.path(key).asInt()) : null;
  }

  private static @Nullable String text(JsonNode json, String key) {
    return json.hasNonNull(key) ? json.path(key).asText() : null;
  }

  private static String required(JsonNode json, String key) {
    String value = text(json, key);
    if (value == null) {
      throw new IllegalArgumentException("the description has no '" + key + "'");
    }
    return value;
  }
}
