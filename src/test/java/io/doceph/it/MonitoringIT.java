package io.doceph.it;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.doceph.docs.Pages;
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
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Dashboard, alerts and the page about them speak of what the running daemon really exports. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MonitoringIT {

  /** What Prometheus adds to everything that it scrapes, and knows by itself. */
  private static final Set<String> ADDED = Set.of("job", "instance");

  private static final String SCRAPED = "up";
  private static final Pattern SERIES = Pattern.compile("([a-z_]+)(?:\\{(.*)})? \\S+");
  private static final Pattern PLACEHOLDER =
      Pattern.compile("\\{\\{\\s*(?:\\$labels\\.)?([a-z_]+)\\s*}}");
  private static final Pattern DOCUMENTED =
      Pattern.compile("^\\| `([a-z_]+)` \\|([^|]*)\\|", Pattern.MULTILINE);

  private final Bed bed = Bed.make();
  private String scraped = "";
  private Map<String, Set<String>> exported = Map.of();

  @BeforeAll
  void useADaemonAndAskForItsMetrics() throws IOException {
    int port = ListenIT.freePort();
    DocephDaemon daemon = bed.start("DOCEPH_MANAGEMENT", "127.0.0.1:" + port);
    try (Plugin plugin = new Plugin(daemon)) {
      plugin.create("one", "");
      Plugin.refused(plugin.tryMount("other", "id"), 500);
    }
    Command.Result unused = bed.cli("doctor"); // runs programs to ask for their versions
    Await.until("the port is open", Bed.SOON, () -> fetched(port).isPresent());
    scraped = fetched(port).orElseThrow();
    exported = series(scraped);
  }

  @AfterAll
  void stop() {
    bed.close();
  }

  @Test
  void dashboardAndAlertsAskForWhatIsExported() throws IOException {
    for (Map.Entry<String, String> each : Monitoring.expressions().entrySet()) {
      PromQl query = PromQl.parse(each.getValue());
      Set<String> known = new HashSet<>(ADDED);
      assertThat(query.metrics()).as(each.getKey()).isNotEmpty();
      query
          .metrics()
          .forEach(
              (metric, labels) -> {
                Set<String> has = new HashSet<>(ADDED);
                has.addAll(labels(metric));
                assertThat(has).as(each.getKey() + ": " + metric).containsAll(labels);
                known.addAll(has);
              });
      assertThat(known).as(each.getKey() + ": groups by").containsAll(query.grouping());
    }
  }

  @Test
  void everyMetricIsOnTheDashboardAndInTheDocs() throws IOException {
    Set<String> shown = new TreeSet<>();
    Monitoring.panels().forEach((title, queries) -> queries.forEach(q -> shown.addAll(metrics(q))));
    assertThat(shown).containsAll(exported.keySet());
    Map<String, Set<String>> documented = new TreeMap<>();
    var rows = DOCUMENTED.matcher(Files.readString(Monitoring.PAGE));
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

    for (String expression : Monitoring.expressions().values()) {
      PromQl query = PromQl.parse(expression);
      boolean commands = expression.contains("doceph_command");
      assertThat(commands ? ofCommands : ofOperations)
          .as(expression)
          .containsAll(query.values().getOrDefault("outcome", Set.of()));
    }
  }

  @Test
  void whatIsShownOfAPanelOrAlertIsALabelThatItHas() throws IOException {
    for (JsonNode panel : Monitoring.dashboard().path("panels")) {
      for (JsonNode target : panel.path("targets")) {
        requireLabels(target.path("expr").asText(), target.path("legendFormat").asText());
      }
    }
    for (JsonNode rule : Monitoring.rules()) {
      requireLabels(rule.path("expr").asText(), rule.path("annotations").toString());
    }
  }

  private void requireLabels(String expr, String text) {
    PromQl query = PromQl.parse(expr);
    Set<String> known = new HashSet<>(query.grouping());
    if (known.isEmpty()) {
      known.addAll(ADDED);
      query.metrics().keySet().forEach(m -> known.addAll(labels(m)));
    }
    var wanted = PLACEHOLDER.matcher(text);
    while (wanted.find()) {
      assertThat(known).as(expr + " shown as " + text).contains(wanted.group(1));
    }
  }

  @Test
  void everyAlertSaysHowBadItIsAndWhatToDo() throws IOException {
    for (JsonNode rule : Monitoring.rules()) {
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
      assertThat(Pages.anchors(Path.of(runbook[0]))).as(name).contains(runbook[1]);
      assertThat(Files.readString(Monitoring.PAGE)).contains("`" + name + "`");
    }
  }

  @Test
  @Tag("rig")
  void prometheusAcceptsTheRulesAndTheQueriesOfTheDashboard() throws IOException {
    StringBuilder rules = new StringBuilder("groups:\n- name: dashboard\n  rules:\n");
    for (Map.Entry<String, List<String>> panel : Monitoring.panels().entrySet()) {
      for (String query : panel.getValue()) {
        String plain = query.replace("$__rate_interval", "5m");
        rules.append("  - record: panel\n    expr: '").append(plain).append("'\n");
      }
    }
    Path queries = Files.writeString(bed.path("queries.yml"), rules);

    promtool("check", "rules", Monitoring.ALERTS.toString());
    promtool("check", "rules", queries.toString());
    promtool("test", "rules", Monitoring.ALERTS_TEST.toString());
  }

  @Test
  void everyAlertIsSeenSilentAndSeenFiring() throws IOException {
    Map<String, Set<Boolean>> seen = new TreeMap<>();
    for (JsonNode test : Monitoring.yaml(Monitoring.ALERTS_TEST).path("tests")) {
      for (JsonNode check : test.path("alert_rule_test")) {
        seen.computeIfAbsent(check.path("alertname").asText(), n -> new HashSet<>())
            .add(check.path("exp_alerts").isEmpty());
      }
    }

    assertThat(Monitoring.rules()).isNotEmpty();
    for (JsonNode rule : Monitoring.rules()) {
      String name = rule.path("alert").asText();
      assertThat(seen.getOrDefault(name, Set.of())).as(name).containsExactlyInAnyOrder(true, false);
    }
  }

  @Test
  void theDaemonTellsItsVersionAndWhatItNeeds() throws IOException {
    String version = last(bed.cli("--version").succeeded().out());
    String started =
        bed.cli("info", "--json")
            .succeeded()
            .out()
            .replaceAll("(?s).*\"startedAt\" *: *\"([^\"]*)\".*", "$1");

    assertThat(value("doceph_build_info{version=\"" + version + "\"}")).isEqualTo(1);
    assertThat(value("doceph_operations_total{operation=\"mount\",outcome=\"not-found\"}"))
        .isEqualTo(1);
    assertThat(
            value("doceph_operation_duration_seconds_total{operation=\"create\",outcome=\"ok\"}"))
        .isBetween(0.000_001, 60.0);
    assertThat(value("doceph_operations_oldest_seconds")).isZero();
    assertThat(value("process_resident_memory_bytes")).isBetween(5e6, 2e9);
    assertThat(value("process_start_time_seconds"))
        .isCloseTo(Instant.parse(started).toEpochMilli() / 1e3, within(1.0))
        .isBetween(System.currentTimeMillis() / 1e3 - 300, System.currentTimeMillis() / 1e3);
    assertThat(value("process_open_fds")).isGreaterThan(3);
  }

  /** The labels of a metric that must be exported. */
  private Set<String> labels(String metric) {
    if (metric.equals(SCRAPED)) {
      return Set.of();
    }
    assertThat(exported).containsKey(metric);
    return exported.getOrDefault(metric, Set.of());
  }

  private static String last(String line) {
    return line.substring(line.lastIndexOf(' ') + 1);
  }

  private double value(String series) {
    return scraped
        .lines()
        .filter(line -> line.startsWith(series + " "))
        .mapToDouble(line -> Double.parseDouble(last(line)))
        .findFirst()
        .orElseThrow(() -> new AssertionError(series + " is missing in:\n" + scraped));
  }

  /** The metrics of an answer, each with its labels. */
  private static Map<String, Set<String>> series(String text) {
    Map<String, Set<String>> metrics = new TreeMap<>();
    for (String line : text.lines().filter(l -> !l.startsWith("#")).toList()) {
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

  private static Optional<String> fetched(int port) {
    URI metrics = URI.create("http://127.0.0.1:" + port + "/metrics");
    try (var in = metrics.toURL().openStream()) {
      return Optional.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static Set<String> metrics(String expression) {
    return PromQl.parse(expression).metrics().keySet();
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
