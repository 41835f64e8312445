package io.doceph.it;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.doceph.host.process.CommandFailure;
import io.doceph.rig.Await;
import io.doceph.rig.Command;
import io.doceph.rig.DocephDaemon;
import io.doceph.volume.VolumeError;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Dashboard, alerts and the page about them speak of what the running daemon really exports. */
class MonitoringIT {
  private static final Path DASHBOARD = Path.of("deploy/monitoring/doceph-dashboard.json");
  private static final Path ALERTS = Path.of("deploy/monitoring/doceph-alerts.yml");
  private static final Path ALERTS_TEST = Path.of("src/test/monitoring/alerts-test.yml");
  private static final Path PAGE = Path.of("docs/monitoring.md");

  /** What Prometheus adds to everything that it scrapes, and knows by itself. */
  private static final Set<String> ADDED = Set.of("job", "instance");

  private static final String SCRAPED = "up";
  private static final Pattern SERIES = Pattern.compile("([a-z_]+)(?:\\{(.*)})? \\S+");
  private static final Pattern PLACEHOLDER =
      Pattern.compile("\\{\\{\\s*(?:\\$labels\\.)?([a-z_]+)\\s*}}");
  private static final Pattern DOCUMENTED =
      Pattern.compile("^\\| `([a-z_]+)` \\| ([^|]*) \\|", Pattern.MULTILINE);

  private final Bed bed = Bed.make();

  @AfterEach
  void stop() {
    bed.close();
  }

  @Test
  void dashboardAndAlertsAskForWhatIsExported() throws IOException {
    Map<String, Set<String>> exported = exported();

    for (Map.Entry<String, String> each : expressions().entrySet()) {
      PromQl query = PromQl.parse(each.getValue());
      Set<String> known = new HashSet<>(ADDED);
      assertThat(query.metrics()).as(each.getKey()).isNotEmpty();
      query
          .metrics()
          .forEach(
              (metric, labels) -> {
                assertThat(exported).as(each.getKey()).containsKey(metric);
                known.addAll(exported.getOrDefault(metric, Set.of()));
                assertThat(known).as(each.getKey() + ": " + metric).containsAll(labels);
              });
      assertThat(known).as(each.getKey() + ": groups by").containsAll(query.grouping());
    }
  }

  @Test
  void everyMetricIsOnTheDashboardAndInTheDocs() throws IOException {
    Map<String, Set<String>> exported = exported();
    exported.remove(SCRAPED);

    Set<String> shown = new TreeSet<>();
    panels().forEach((title, queries) -> queries.forEach(q -> shown.addAll(metrics(q))));
    assertThat(shown).containsAll(exported.keySet());
    Map<String, Set<String>> documented = new TreeMap<>();
    var rows = DOCUMENTED.matcher(Files.readString(PAGE));
    while (rows.find()) {
      Set<String> labels = words(rows.group(2).replace("`", ""));
      documented.put(rows.group(1), labels);
    }
    assertThat(documented).isEqualTo(exported);
  }

  @Test
  void outcomesThatAreLookedForCanComeToPass() throws IOException {
    Set<String> ofOperations = new HashSet<>(Set.of("ok"));
    Arrays.stream(VolumeError.Code.values()).forEach(c -> ofOperations.add(c.text()));
    Set<String> ofCommands = new HashSet<>(Set.of("ok", "error"));
    Arrays.stream(CommandFailure.Kind.values()).forEach(k -> ofCommands.add(k.label()));

    for (String expression : expressions().values()) {
      PromQl query = PromQl.parse(expression);
      boolean commands = expression.contains("doceph_command");
      assertThat(commands ? ofCommands : ofOperations)
          .as(expression)
          .containsAll(query.values().getOrDefault("outcome", Set.of()));
    }
  }

  @Test
  void whatIsShownOfAPanelOrAlertIsALabelThatItHas() throws IOException {
    Map<String, Set<String>> exported = exported();

    for (JsonNode panel : dashboard().path("panels")) {
      for (JsonNode target : panel.path("targets")) {
        requireLabels(exported, target.path("expr").asText(), target.path("legendFormat").asText());
      }
    }
    for (JsonNode rule : rules()) {
      requireLabels(exported, rule.path("expr").asText(), rule.path("annotations").toString());
    }
  }

  private static void requireLabels(Map<String, Set<String>> exported, String expr, String text) {
    PromQl query = PromQl.parse(expr);
    Set<String> known = new HashSet<>(query.grouping());
    if (known.isEmpty()) {
      known.addAll(ADDED);
      query.metrics().keySet().forEach(m -> known.addAll(exported.getOrDefault(m, Set.of())));
    }
    var wanted = PLACEHOLDER.matcher(text);
    while (wanted.find()) {
      assertThat(known).as(expr + " shown as " + text).contains(wanted.group(1));
    }
  }

  @Test
  void everyAlertSaysHowBadItIsAndWhatToDo() throws IOException {
    for (JsonNode rule : rules()) {
      JsonNode notes = rule.path("annotations");
      String name = rule.path("alert").asText();
      assertThat(name).startsWith("Doceph");
      assertThat(rule.path("labels").path("severity").asText())
          .as(name)
          .isIn("critical", "warning", "info");
      assertThat(notes.path("summary").asText()).as(name).isNotBlank();
      assertThat(notes.path("description").asText()).as(name).isNotBlank();
      String[] runbook = notes.path("runbook").asText().split("#", -1);
      assertThat(runbook).as(name).hasSize(2);
      assertThat(anchors(Path.of(runbook[0]))).as(name).contains(runbook[1]);
      assertThat(Files.readString(PAGE)).contains("`" + name + "`");
    }
  }

  @Test
  @Tag("rig")
  void prometheusAcceptsTheRulesAndTheQueriesOfTheDashboard() throws IOException {
    StringBuilder rules = new StringBuilder("groups:\n- name: dashboard\n  rules:\n");
    for (Map.Entry<String, List<String>> panel : panels().entrySet()) {
      for (String query : panel.getValue()) {
        String plain = query.replace("$__rate_interval", "5m");
        rules.append("  - record: panel\n    expr: '").append(plain).append("'\n");
      }
    }
    Path queries = Files.writeString(bed.path("queries.yml"), rules);

    promtool("check", "rules", ALERTS.toString());
    promtool("check", "rules", queries.toString());
    promtool("test", "rules", ALERTS_TEST.toString());
  }

  @Test
  void everyAlertIsSeenSilentAndSeenFiring() throws IOException {
    Map<String, Set<Boolean>> seen = new TreeMap<>();
    for (JsonNode test : yaml(ALERTS_TEST).path("tests")) {
      for (JsonNode check : test.path("alert_rule_test")) {
        seen.computeIfAbsent(check.path("alertname").asText(), n -> new HashSet<>())
            .add(check.path("exp_alerts").isEmpty());
      }
    }

    assertThat(rules()).isNotEmpty();
    for (JsonNode rule : rules()) {
      String name = rule.path("alert").asText();
      assertThat(seen.getOrDefault(name, Set.of())).as(name).containsExactlyInAnyOrder(true, false);
    }
  }

  @Test
  void theDaemonTellsItsVersionAndWhatItNeeds() throws IOException {
    int port = ListenIT.freePort();
    DocephDaemon daemon = bed.start("DOCEPH_MANAGEMENT", "127.0.0.1:" + port);
    try (Plugin plugin = new Plugin(daemon)) {
      plugin.create("one", "");
      Plugin.refused(plugin.tryMount("other", "id"), 500);
    }

    String version = bed.cli("--version").succeeded().out();
    String text = scrape(port);

    assertThat(value(text, "doceph_build_info{version=\"" + last(version) + "\"}")).isEqualTo(1);
    assertThat(value(text, "doceph_operations_total{operation=\"mount\",outcome=\"not-found\"}"))
        .isEqualTo(1);
    assertThat(
            value(
                text,
                "doceph_operation_duration_seconds_total{operation=\"create\",outcome=\"ok\"}"))
        .isBetween(0.000_001, 60.0);
    assertThat(value(text, "doceph_operations_oldest_seconds")).isZero();
    assertThat(value(text, "process_resident_memory_bytes")).isBetween(5e6, 2e9);
    assertThat(value(text, "process_start_time_seconds"))
        .isBetween(System.currentTimeMillis() / 1e3 - 120, System.currentTimeMillis() / 1e3);
    assertThat(value(text, "process_open_fds")).isGreaterThan(3);
  }

  private static String last(String line) {
    return line.substring(line.lastIndexOf(' ') + 1);
  }

  private static double value(String text, String series) {
    return text.lines()
        .filter(line -> line.startsWith(series + " "))
        .mapToDouble(line -> Double.parseDouble(last(line)))
        .findFirst()
        .orElseThrow(() -> new AssertionError(series + " is missing in:\n" + text));
  }

  /** Every metric of a daemon that has made a volume and run programs, with its labels. */
  private Map<String, Set<String>> exported() throws IOException {
    int port = ListenIT.freePort();
    DocephDaemon daemon = bed.start("DOCEPH_MANAGEMENT", "127.0.0.1:" + port);
    try (Plugin plugin = new Plugin(daemon)) {
      plugin.create("one", "");
    }
    Command.Result unused = bed.cli("doctor"); // runs programs to ask for their versions
    Map<String, Set<String>> metrics = new TreeMap<>();
    metrics.put(SCRAPED, Set.of());
    for (String line : scrape(port).lines().filter(l -> !l.startsWith("#")).toList()) {
      var series = SERIES.matcher(line);
      assertThat(series.matches()).as(line).isTrue();
      Set<String> labels = metrics.computeIfAbsent(series.group(1), n -> new TreeSet<>());
      if (series.group(2) != null) {
        Stream.of(series.group(2).split(",", -1))
            .map(l -> l.split("=", -1)[0])
            .forEach(labels::add);
      }
    }
    return metrics;
  }

  private static String scrape(int port) {
    Await.until("the port is open", Bed.SOON, () -> fetched(port).isPresent());
    return fetched(port).orElseThrow();
  }

  private static java.util.Optional<String> fetched(int port) {
    URI metrics = URI.create("http://127.0.0.1:" + port + "/metrics");
    try (var in = metrics.toURL().openStream()) {
      return java.util.Optional.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      return java.util.Optional.empty();
    }
  }

  /** All expressions, by where they are. */
  private static Map<String, String> expressions() throws IOException {
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
  private static Map<String, List<String>> panels() throws IOException {
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

  private static Set<String> metrics(String expression) {
    return PromQl.parse(expression).metrics().keySet();
  }

  private static List<JsonNode> rules() throws IOException {
    List<JsonNode> all = new ArrayList<>();
    yaml(ALERTS).path("groups").forEach(g -> g.path("rules").forEach(all::add));
    return all;
  }

  private static JsonNode dashboard() throws IOException {
    return new ObjectMapper().readTree(DASHBOARD.toFile());
  }

  private static JsonNode yaml(Path file) throws IOException {
    return new ObjectMapper(new YAMLFactory()).readTree(file.toFile());
  }

  /** The anchors of a page's headings, as the usual viewers make them. */
  private static Set<String> anchors(Path page) throws IOException {
    return Files.readAllLines(page).stream()
        .filter(line -> line.startsWith("#"))
        .map(line -> line.replaceFirst("^#+ ", "").toLowerCase(Locale.ROOT))
        .map(title -> title.replaceAll("[^a-z0-9 _-]", "").replace(' ', '-'))
        .collect(toCollection(TreeSet::new));
  }

  private static Set<String> words(String text) {
    return Stream.of(text.split("[ ,]+", -1))
        .filter(word -> !word.isEmpty())
        .collect(toCollection(TreeSet::new));
  }

  private static void promtool(String... arguments) {
    List<String> command = new ArrayList<>(List.of("promtool"));
    command.addAll(Arrays.asList(arguments));
    Command.Result unused = Command.of(command.toArray(String[]::new)).run().succeeded();
  }
}
