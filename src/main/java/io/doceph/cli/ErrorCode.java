package io.doceph.cli;

/**
 * Every way a command can fail: its name in {@code --json} errors and on the daemon's wire, and the
 * exit code it leads to.
 */
enum ErrorCode {
  INVALID_REQUEST("invalid-request", ExitCode.INVALID),
  NOT_FOUND("not-found", ExitCode.NO_SUCH_VOLUME),
  CONFLICT("conflict", ExitCode.IN_USE),
  BUSY("busy", ExitCode.IN_USE),
  IN_USE("in-use", ExitCode.IN_USE),
  UNAVAILABLE("unavailable", ExitCode.UNAVAILABLE),
  TIMEOUT("timeout", ExitCode.UNAVAILABLE),
  FAILED("failed", ExitCode.FAILED),

  /** Never sent by the daemon: it could not be asked at all, so nothing was done. */
  UNREACHABLE("unreachable", ExitCode.UNREACHABLE),
  /**
   * Never sent by the daemon: the connection broke before its answer was complete, so the outcome
   * is unknown.
   */
  CONNECTION_LOST("connection-lost", ExitCode.UNAVAILABLE),
  /** Never sent by the daemon: what answered does not speak doceph's API. */
  BAD_ANSWER("bad-answer", ExitCode.FAILED);

  final String wire;
  final int exitCode;

  ErrorCode(String wire, int exitCode) {
    this.wire = wire;
    this.exitCode = exitCode;
  }

  /** The code of that name; {@link #FAILED} for one that a newer daemon may send. */
  static ErrorCode ofWire(String wire) {
    for (ErrorCode code : values()) {
      if (code.wire.equals(wire)) {
        return code;
      }
    }
    return FAILED;
  }
}
