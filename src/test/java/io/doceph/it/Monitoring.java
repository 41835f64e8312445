package io.doceph.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The files for Prometheus and Grafana, and the page about them. */
final class Monitoring {
  static final Path ALERTS = Path.of("deploy/monitoring/doceph-alerts.yml");
  static final Path ALERTS_TEST = Path.of("src/test/monitoring/alerts-test.yml");
  static final Path PAGE = Path.of("docs/monitoring.md");
  private static final Path DASHBOARD = Path.of("deploy/monitoring/doceph-dashboard.json");

  private Monitoring() {}

  /** All expressions, by where they are. */
  static Map<String, String> expressions() throws IOException {
    Map<String, String> all = new TreeMap<>();
    panels()
        .forEach(
            (title, queries) -> {
              for (int i = 0; i < queries.size(); i++) {
                all.put("panel " + title + ", query " + i, queries.get(i));
              }
            });
    rules().forEach(r -> all.put("alert " + r.path("alert").asText(), r.path("expr").asText()));
    return all;
  }

  /** The dashboard's queries, by the panel's title. */
  static Map<String, List<String>> panels() throws IOException {
    Map<String, List<String>> all = new TreeMap<>();
    for (JsonNode panel : dashboard().path("panels")) {
      if (!panel.path("type").asText().equals("row")) {
        List<String> queries = new ArrayList<>();
        panel.path("targets").forEach(t -> queries.add(t.path("expr").asText()));
        assertThat(queries).as(panel.path("title").asText()).isNotEmpty();
        all.put(panel.path("title").asText(), queries);
      }
    }
    return all;
  }

  /** The alerts. */
  static List<JsonNode> rules() throws IOException {
    List<JsonNode> all = new ArrayList<>();
    yaml(ALERTS).path("groups").forEach(g -> g.path("rules").forEach(all::add));
    return all;
  }

  /** The dashboard as it is imported. */
  static JsonNode dashboard() throws IOException {
    return new ObjectMapper().readTree(DASHBOARD.toFile());
  }

  /** A file in YAML. */
  static JsonNode yaml(Path file) throws IOException {
    return new ObjectMapper(new YAMLFactory()).readTree(file.toFile());
  }
}
