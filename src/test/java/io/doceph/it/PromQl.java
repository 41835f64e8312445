package io.doceph.it;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What an expression of Prometheus' query language asks for.
 *
 * @param metrics the metrics that it names, each with the labels that it selects by
 * @param grouping the labels that it groups by
 * @param values for each label the values that it selects
 */
record PromQl(
    Map<String, Set<String>> metrics, Set<String> grouping, Map<String, Set<String>> values) {
  private static final Set<String> WORDS = Set.of("and", "or", "unless", "bool", "offset");
  private static final Pattern RANGE = Pattern.compile("\\[[^\\]]*\\]");
  private static final Pattern GROUPING =
      Pattern.compile(
          "\\b(?:by|without|on|ignoring|group_left|group_right)\\s*\\(([a-z_,\\s]*)\\)");
  private static final Pattern METRIC =
      Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)\\s*(\\(|\\{[^}]*\\})?");
  private static final Pattern SELECTOR =
      Pattern.compile("([a-z_]+)\\s*(?:=~|!~|!=|=)\\s*\"([^\"]*)\"");

  static PromQl parse(String expression) {
    Map<String, Set<String>> metrics = new TreeMap<>();
    Map<String, Set<String>> values = new TreeMap<>();
    Set<String> grouping = new TreeSet<>();
    Matcher groups = GROUPING.matcher(RANGE.matcher(expression).replaceAll(""));
    StringBuilder rest = new StringBuilder();
    while (groups.find()) {
      grouping.addAll(Arrays.asList(groups.group(1).split("\\s*,\\s*", -1)));
      groups.appendReplacement(rest, "");
    }
    groups.appendTail(rest);
    Matcher names = METRIC.matcher(rest);
    while (names.find()) {
      String behind = names.group(2) == null ? "" : names.group(2);
      if (behind.equals("(") || WORDS.contains(names.group(1))) {
        continue; // a function, or an operator
      }
      Set<String> labels = metrics.computeIfAbsent(names.group(1), n -> new LinkedHashSet<>());
      Matcher selectors = SELECTOR.matcher(behind);
      while (selectors.find()) {
        labels.add(selectors.group(1));
        values
            .computeIfAbsent(selectors.group(1), l -> new TreeSet<>())
            .addAll(Arrays.asList(selectors.group(2).split("\\|", -1)));
      }
    }
    return new PromQl(metrics, grouping, values);
  }
}
