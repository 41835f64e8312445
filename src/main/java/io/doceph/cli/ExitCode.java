package io.doceph.cli;

import java.util.LinkedHashMap;
import java.util.Map;

/** The exit codes, a promise to scripts: never renumber one. */
final class ExitCode {
  static final int OK = 0;
  static final int FAILED = 1;
  static final int INVALID = 2;
  static final int NO_SUCH_VOLUME = 3;
  static final int IN_USE = 4;
  static final int UNREACHABLE = 5;
  static final int UNAVAILABLE = 6;
  static final int PROBLEMS_FOUND = 7;

  private ExitCode() {}

  /** What {@code --help} says of them, in order. */
  static Map<String, String> descriptions() {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put(" " + OK, "done");
    texts.put(" " + FAILED, "failed; the message says why");
    texts.put(" " + INVALID, "wrong usage, or a request that the daemon finds invalid");
    texts.put(" " + NO_SUCH_VOLUME, "no such volume");
    texts.put(" " + IN_USE, "in use, busy, or in conflict with what exists");
    texts.put(" " + UNREACHABLE, "the daemon is not reachable; nothing was done");
    texts.put(
        " " + UNAVAILABLE,
        "unavailable, timed out, or the connection broke; the outcome may be unknown");
    texts.put(" " + PROBLEMS_FOUND, "doctor found problems");
    return texts;
  }
}
