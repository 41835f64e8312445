package io.doceph.rig.summary;

import io.doceph.rig.summary.TestResult.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.TreeMap;

/**
 * The summary at the end of a build.
 *
 * @param text what to print; its last line is {@code N passed, N failed, N skipped}
 * @param acceptable false when this is a CI run and something was skipped
 */
public record Summary(String text, boolean acceptable) {

  /** Tests that drive classes of doceph in their own JVM and never the executable. */
  private static final String JVM_TAG = "jvm";

  /**
   * Prints the summary of a build directory.
   *
   * @param args build directory, start of the build (ISO 8601, UTC), {@code native=true|false},
   *     {@code left-out=TAG} (empty: nothing was left out)
   */
  public static void main(String[] args) throws IOException {
    Path target = Path.of(args[0]);
    var build =
        new Build(
            args[2].equals("native=true"),
            args[3].substring("left-out=".length()),
            !System.getenv().getOrDefault("GRAALVM_HOME", "").isEmpty(),
            "true".equals(System.getenv("CI")));
    Summary summary =
        of(
            build,
            Reports.read(target, Instant.parse(args[1])),
            TestClasses.suites(target.resolve("test-classes")));
    System.out.print(summary.text);
    System.out.flush();
    System.exit(summary.acceptable ? 0 : 1);
  }

  /** Sums up the results of a build whose test classes are given. */
  static Summary of(Build build, List<TestResult> results, List<Class<?>> suites) {
    var bySuite = new TreeMap<String, List<TestResult>>();
    results.forEach(r -> bySuite.computeIfAbsent(r.suite(), s -> new ArrayList<>()).add(r));
    List<String> leftOut = leftOut(build, bySuite, suites);
    List<String> missing = missing(build, bySuite, suites);
    List<String> skipped = skipped(bySuite);

    var text = new StringBuilder("\n---- Summary of all suites ----\n");
    section(
        text,
        "Left out: needs root and system packages (`./mvnw verify -Prig` as root runs it)",
        leftOut);
    section(
        text,
        "Did not run: not selected, ended without a report, or gave up in @BeforeAll",
        missing);
    section(text, "Skipped", skipped);
    section(text, jvmTitle(build), jvmOnly(build, bySuite, suites));
    text.append("On the JVM by their nature: ")
        .append(bySuite.values().stream().filter(t -> !t.getFirst().integration()).count())
        .append(" suite(s) of unit tests\n");

    boolean bad = !skipped.isEmpty() || (build.everything() && !missing.isEmpty());
    if (build.ci() && bad) {
      text.append("CI=true: what was skipped or did not run fails this build.\n");
    }
    text.append(
        "%d passed, %d failed, %d skipped%n"
            .formatted(
                count(results, Outcome.PASSED),
                count(results, Outcome.FAILED),
                count(results, Outcome.SKIPPED)));
    return new Summary(text.toString(), !(build.ci() && bad));
  }

  private static long count(List<TestResult> results, Outcome outcome) {
    return results.stream().filter(r -> r.outcome() == outcome).count();
  }

  private static void section(StringBuilder text, String title, List<String> lines) {
    if (!lines.isEmpty()) {
      text.append(title).append(":\n");
      lines.forEach(line -> text.append("  ").append(line).append('\n'));
    }
  }

  private static List<String> leftOut(
      Build build, Map<String, List<TestResult>> bySuite, List<Class<?>> suites) {
    var lines = new ArrayList<String>();
    if (build.everything()) {
      return lines;
    }
    for (Class<?> suite : suites) {
      List<String> tests = TestClasses.taggedTests(suite, build.leftOutTag());
      if (TestClasses.tagged(suite, build.leftOutTag())) {
        lines.add(suite.getName() + ", whole suite");
      } else if (!tests.isEmpty()) {
        lines.add(
            suite.getName()
                + (bySuite.containsKey(suite.getName()) ? "" : ", whole suite")
                + ": "
                + String.join(", ", tests));
      }
    }
    return lines;
  }

  private static List<String> missing(
      Build build, Map<String, List<TestResult>> bySuite, List<Class<?>> suites) {
    return suites.stream()
        .filter(suite -> !bySuite.containsKey(suite.getName()))
        .filter(suite -> build.everything() || !leavesOut(build, suite))
        .map(Class::getName)
        .toList();
  }

  private static boolean leavesOut(Build build, Class<?> suite) {
    return TestClasses.tagged(suite, build.leftOutTag())
        || !TestClasses.taggedTests(suite, build.leftOutTag()).isEmpty();
  }

  private static List<String> skipped(Map<String, List<TestResult>> bySuite) {
    var lines = new ArrayList<String>();
    bySuite.forEach(
        (suite, tests) -> {
          List<TestResult> skips =
              tests.stream().filter(t -> t.outcome() == Outcome.SKIPPED).toList();
          SequencedSet<String> reasons = new LinkedHashSet<>();
          skips.forEach(skip -> reasons.add(skip.reason()));
          if (skips.size() == tests.size() && reasons.size() == 1) {
            lines.add("%s, whole suite: %s".formatted(suite, reasons.getFirst()));
          } else {
            skips.forEach(
                skip -> lines.add("%s.%s: %s".formatted(suite, skip.name(), skip.reason())));
          }
        });
    return lines;
  }

  private static String jvmTitle(Build build) {
    if (build.nativeExecutable()) {
      return "On the JVM only: drives classes of doceph, not the executable";
    }
    return "On the JVM only, not on the native executable, "
        + (build.graalvm()
            ? "which this build was not asked for (-Dnative or -Prig does)"
            : "which needs GRAALVM_HOME");
  }

  private static List<String> jvmOnly(
      Build build, Map<String, List<TestResult>> bySuite, List<Class<?>> suites) {
    return suites.stream()
        .filter(suite -> ranIntegrated(bySuite.getOrDefault(suite.getName(), List.of())))
        .filter(suite -> !build.nativeExecutable() || TestClasses.tagged(suite, JVM_TAG))
        .map(Class::getName)
        .toList();
  }

  private static boolean ranIntegrated(List<TestResult> tests) {
    return tests.stream().anyMatch(t -> t.integration() && t.outcome() != Outcome.SKIPPED);
  }
}
