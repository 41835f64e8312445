package io.doceph.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * What a running command works with: where it prints and in which form, and the way to the daemon.
 */
final class Session {
  static final String DEFAULT_SOCKET = "/run/docker/plugins/doceph.sock";

  /** dockerd gives up after 120 s and the daemon ends everything before that. */
  static final int DEFAULT_TIMEOUT_SECONDS = 130;

  /** The daemon looks at a cluster for 10 minutes at most. */
  static final int LONG_TIMEOUT_SECONDS = 660;

  private final DocephCommand options;
  private final PrintWriter out;
  private final Terminal terminal;
  private final Map<String, String> environment;

  Session(
      DocephCommand options, PrintWriter out, Terminal terminal, Map<String, String> environment) {
    this.options = options;
    this.out = out;
    this.terminal = terminal;
    this.environment = environment;
  }

  DocephCommand options() {
    return options;
  }

  /** A client of the daemon that the options name; connects only when asked something. */
  DaemonClient daemon() {
    return new DaemonClient(socket(), timeout(DEFAULT_TIMEOUT_SECONDS));
  }

  /** The same for what works through many volumes and is not bound by dockerd's patience. */
  DaemonClient patientDaemon() {
    return new DaemonClient(socket(), timeout(LONG_TIMEOUT_SECONDS));
  }

  Terminal terminal() {
    return terminal;
  }

  /**
   * Prints the daemon's answer as JSON or, without {@code --json}, the text made of it, which ends
   * with a line end or is empty.
   */
  int print(JsonNode answer, String text) {
    out.print(options.json ? answer.toPrettyString() + "\n" : text);
    return ExitCode.OK;
  }

  private Path socket() {
    Path option = options.socket;
    if (option != null) {
      return option;
    }
    String variable = environment.getOrDefault("DOCEPH_SOCKET", "");
    try {
      return Path.of(variable.isEmpty() ? DEFAULT_SOCKET : variable);
    } catch (InvalidPathException e) {
      throw new CliFailure(ErrorCode.INVALID_REQUEST, "DOCEPH_SOCKET is no path: " + e.getReason());
    }
  }

  private Duration timeout(int defaultSeconds) {
    Integer seconds = options.timeoutSeconds;
    if (seconds != null && seconds < 1) {
      throw new CliFailure(
          ErrorCode.INVALID_REQUEST,
          "--timeout is "
              + seconds
              + " but must be a number of seconds from 1, as in --timeout 30");
    }
    return Duration.ofSeconds(seconds == null ? defaultSeconds : seconds);
  }
}
