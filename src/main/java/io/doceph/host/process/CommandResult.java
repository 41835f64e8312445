package io.doceph.host.process;

import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** What a command that did what it should has left behind. */
public final class CommandResult {

  private final int exitCode;
  private final byte[] stdout;
  private final String stderr;
  private final Duration duration;

  CommandResult(int exitCode, byte[] stdout, String stderr, Duration duration) {
    this.exitCode = exitCode;
    this.stdout = stdout;
    this.stderr = stderr;
    this.duration = duration;
  }

  /** 0, or one of the exit codes the command was told to accept. */
  public int exitCode() {
    return exitCode;
  }

  /** All it wrote to standard output, byte for byte; the caller's own copy. */
  public byte[] stdout() {
    return stdout.clone();
  }

  /** Head and tail of what it wrote to standard error. */
  public String stderr() {
    return stderr;
  }

  /** From the start of the process to its end. */
  public Duration duration() {
    return duration;
  }

  /** Standard output as UTF-8; bytes that are none become the replacement character. */
  public String text() {
    return new String(stdout, StandardCharsets.UTF_8);
  }

  @Override
  public String toString() {
    return "exit %d, %d bytes, %s".formatted(exitCode, stdout.length, duration);
  }
}
