package io.doceph.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.StringJoiner;

/**
 * The daemon's JSON as a tree: what a newer daemon adds is ignored in tables and handed on by
 * {@code --json}.
 */
final class Json {
  /** What a table shows where there is nothing. */
  static final String NOTHING = "-";

  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private Json() {}

  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  static JsonNode parse(String text) throws JsonProcessingException {
    return MAPPER.readTree(text);
  }

  /** The text, number or truth value under a key, or {@link #NOTHING}. */
  static String text(JsonNode object, String key) {
    JsonNode value = object.path(key);
    return value.isValueNode() && !value.isNull() && !value.asText().isEmpty()
        ? value.asText()
        : NOTHING;
  }

  static boolean has(JsonNode object, String key) {
    return !text(object, key).equals(NOTHING);
  }

  /** The array under a key; what lacks it is not an answer of doceph's. */
  static JsonNode array(JsonNode object, String key) {
    JsonNode array = object.path(key);
    if (!array.isArray()) {
      throw new CliFailure(
          ErrorCode.BAD_ANSWER,
          "the daemon's answer has no '" + key + "'; is it doceph's socket, and of this version?");
    }
    return array;
  }

  /** A number of bytes for people, or {@link #NOTHING}. */
  static String size(JsonNode object, String key) {
    JsonNode value = object.path(key);
    return value.canConvertToLong() && value.isIntegralNumber()
        ? HumanSize.of(value.asLong())
        : NOTHING;
  }

  /** An object as {@code k=v, k=v}, or {@link #NOTHING}. */
  static String pairs(JsonNode object) {
    StringJoiner pairs = new StringJoiner(", ").setEmptyValue(NOTHING);
    for (var entry : object.properties()) {
      pairs.add(
          entry.getKey()
              + "="
              + (entry.getValue().isValueNode()
                  ? entry.getValue().asText()
                  : entry.getValue().toString()));
    }
    return pairs.toString();
  }
}
