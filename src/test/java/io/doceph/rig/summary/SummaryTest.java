package io.doceph.rig.summary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.doceph.rig.summary.TestResult.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SummaryTest {
  private static final Instant START = Instant.parse("2026-01-01T10:00:00Z");
  private static final Build PLAIN = new Build(false, "rig", false, false);
  private static final Build RIG = new Build(true, "", true, false);
  private static final Build RIG_IN_CI = new Build(true, "", true, true);

  /** What surefire writes of a failed assumption. */
  private static final String ABORTED =
      """
      <skipped type="org.opentest4j.TestAbortedException"><![CDATA[\
      org.opentest4j.TestAbortedException: Assumption failed: no vm here
      \tat org.junit.jupiter.api.Assumptions.assumeTrue(Assumptions.java:127)]]></skipped>
      """;

  @TempDir Path target;

  @Test
  void countsOverTheReportsOfThisBuildOnly() throws IOException {
    // Given a unit suite, an integration suite, and a report that an earlier build left
    report("surefire-reports", "io.doceph.ATest", test("a", ""), test("b", "<failure/>"));
    report("failsafe-reports", "io.doceph.BIT", test("c", "<error/>"), test("d", skip("no vm")));
    Path old = report("surefire-reports", "io.doceph.OldTest", test("e", "<failure/>"));
    Files.setLastModifiedTime(old, FileTime.from(START.minusSeconds(1)));

    // When
    Summary summary = Summary.of(PLAIN, Reports.read(target, START), List.of());

    // Then
    assertThat(summary.text()).endsWith("\n1 passed, 2 failed, 1 skipped\n");
    assertThat(summary.acceptable()).isTrue();
  }

  @Test
  void namesEverySkippedTestWithItsReason() throws IOException {
    // Given
    report(
        "surefire-reports",
        "io.doceph.ATest",
        test("a", ""),
        test("b", skip("no ext4 here")),
        test("g", ABORTED));
    report("surefire-reports", "io.doceph.BTest", test("c", skip("no")), test("d", skip("no")));
    report("surefire-reports", "io.doceph.CTest$Inner", test("e", skip("")), test("f", ""));

    // When
    String text = Summary.of(PLAIN, Reports.read(target, START), List.of()).text();

    // Then
    assertThat(text)
        .contains(
            """
            Skipped:
              io.doceph.ATest.b: no ext4 here
              io.doceph.ATest.g: no vm here
              io.doceph.BTest, whole suite: no
              io.doceph.CTest.Inner.e: no reason given
            """);
  }

  @Test
  void aSkipFailsTheBuildInCiOnly() {
    // Given
    var skip = new TestResult("io.doceph.ATest", "a", false, Outcome.SKIPPED, "no vm");

    // When
    Summary local = Summary.of(RIG, List.of(skip), List.of());
    Summary ci = Summary.of(RIG_IN_CI, List.of(skip), List.of());

    // Then
    assertThat(local.acceptable()).isTrue();
    assertThat(ci.acceptable()).isFalse();
    assertThat(ci.text()).contains("CI=true").endsWith("0 passed, 0 failed, 1 skipped\n");
  }

  @Test
  void plainVerifySaysWhatTheRigWouldRunAndThatIsNoErrorEvenInCi() {
    // Given
    var build = new Build(false, "rig", false, true);
    List<TestResult> ran = List.of(passed(PartlyTaggedSuite.class));

    // When
    Summary summary = Summary.of(build, ran, List.of(TaggedSuite.class, PartlyTaggedSuite.class));

    // Then
    assertThat(summary.text())
        .contains("`./mvnw verify -Prig` as root")
        .contains("  " + TaggedSuite.class.getName() + ", whole suite\n")
        .contains("  " + PartlyTaggedSuite.class.getName() + ": Deep.alsoWithRoot, withRoot\n")
        .doesNotContain("Did not run");
    assertThat(summary.acceptable()).isTrue();
  }

  @Test
  void aSuiteWithoutAnyResultFailsACiRunOfTheRig() {
    // Given no report of a suite that -Prig was to run

    // When
    Summary summary = Summary.of(RIG_IN_CI, List.of(), List.of(TaggedSuite.class));

    // Then
    assertThat(summary.text()).contains("Did not run").contains(TaggedSuite.class.getName());
    assertThat(summary.acceptable()).isFalse();
  }

  @Test
  void saysWhichIntegrationSuitesDidNotDriveTheNativeExecutable() {
    // Given
    List<TestResult> ran = List.of(passed(TaggedSuite.class), passed(PartlyTaggedSuite.class));
    List<Class<?>> suites = List.of(TaggedSuite.class, PartlyTaggedSuite.class);

    // When
    String jvm = Summary.of(PLAIN, ran, suites).text();
    String nativeRun = Summary.of(RIG, ran, suites).text();

    // Then
    assertThat(jvm)
        .contains("which needs GRAALVM_HOME:\n  " + TaggedSuite.class.getName() + "\n")
        .contains("\n  " + PartlyTaggedSuite.class.getName() + "\nOn the JVM by their nature");
    assertThat(nativeRun)
        .contains("not the executable:\n  " + TaggedSuite.class.getName() + "\nOn the JVM by");
  }

  @Test
  void aTornReportIsAnErrorAndNotAPass() throws IOException {
    // Given
    Path report = report("surefire-reports", "io.doceph.ATest", test("a", ""));
    Files.writeString(report, "<testsuite><testcase");

    // When, Then
    assertThatThrownBy(() -> Reports.read(target, START))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(report.toString());
  }

  @Test
  void findsTheSuitesOfThisProject() throws Exception {
    // Given
    Path classes =
        Path.of(SummaryTest.class.getProtectionDomain().getCodeSource().getLocation().toURI());

    // When
    List<Class<?>> suites = TestClasses.suites(classes);

    // Then
    assertThat(suites).contains(SummaryTest.class).doesNotContain(TaggedSuite.class);
  }

  private static TestResult passed(Class<?> suite) {
    return new TestResult(suite.getName(), "anywhere", true, Outcome.PASSED, "");
  }

  private static String skip(String reason) {
    return "<skipped message=\"" + reason + "\"/>";
  }

  private static String test(String name, String body) {
    return "<testcase name=\"" + name + "\" classname=\"SUITE\">" + body + "</testcase>";
  }

  private Path report(String directory, String suite, String... tests) throws IOException {
    Path reports = Files.createDirectories(target.resolve(directory));
    String body = String.join("", tests).replace("SUITE", suite);
    Path file = reports.resolve("TEST-" + suite + ".xml");
    Files.writeString(file, "<testsuite name=\"" + suite + "\">" + body + "</testsuite>");
    Files.setLastModifiedTime(file, FileTime.from(START));
    return file;
  }
}
