package io.doceph.cli;

import java.util.LinkedHashMap;
import java.util.Map;

/** Lines of a label and what is known under it. */
final class Facts {
  private final Map<String, String> lines = new LinkedHashMap<>();

  Facts add(String label, String value) {
    lines.put(label, Printable.of(value));
    return this;
  }

  /** Label, colon, and the values all in one column. */
  String text() {
    int width = lines.keySet().stream().mapToInt(String::length).max().orElse(0) + 3;
    StringBuilder text = new StringBuilder();
    lines.forEach(
        (label, value) ->
            text.append(label)
                .append(':')
                .repeat(' ', width - label.length() - 1)
                .append(value)
                .append('\n'));
    return text.toString();
  }
}
