package io.doceph.rig.summary;

/**
 * One test case of a report.
 *
 * @param suite the top-level test class, with its package
 * @param name the test's name, prefixed with the nested class if it is in one
 * @param integration whether failsafe ran it, not surefire
 * @param reason why it was skipped; empty if it was not
 */
record TestResult(String suite, String name, boolean integration, Outcome outcome, String reason) {

  enum Outcome {
    PASSED,
    FAILED,
    SKIPPED
  }

  TestResult {
    if (suite.isEmpty() || suite.indexOf('$') >= 0) {
      throw new IllegalArgumentException(
          "A suite is a top-level class such as io.doceph.FooTest, not '" + suite + "'.");
    }
  }
}
