package io.doceph.cli;

/**
 * Why a command cannot go on; the message is one sentence for the user. Only {@link Cli} catches
 * it.
 */
final class CliFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String wire;
  private final int exitCode;

  private CliFailure(String wire, int exitCode, String message) {
    // No stack trace: nobody ever sees one.
    super(message, null, false, false);
    this.wire = wire;
    this.exitCode = exitCode;
  }

  CliFailure(ErrorCode code, String message) {
    this(code.wire, code.exitCode, message);
  }

  /** A failure as the daemon put it; a code that is unknown here is handed on as it is. */
  static CliFailure ofDaemon(String wire, String message) {
    return new CliFailure(wire, ErrorCode.ofWire(wire).exitCode, message);
  }

  String wire() {
    return wire;
  }

  int exitCode() {
    return exitCode;
  }

  String text() {
    String message = getMessage();
    return message == null ? wire : message;
  }
}
