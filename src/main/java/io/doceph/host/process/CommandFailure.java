package io.doceph.host.process;

import java.io.Serial;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A command that did not do what it should. The message is one sentence: program and redacted
 * arguments, what happened after how long, and the program's own words. No stack trace: the place
 * is always the runner.
 */
public final class CommandFailure extends RuntimeException {

  @Serial private static final long serialVersionUID = 1L;

  /** What went wrong. */
  public enum Kind {
    /** The program is missing, may not be executed, or is none; nothing ran. */
    NOT_STARTED,
    /** It ended with an exit code that is not accepted. */
    EXIT,
    /** A signal ended it that was not ours. */
    SIGNAL,
    /** It did not end by its deadline and was killed. */
    TIMEOUT,
    /** It was killed and still does not end; see {@link CommandFailure#ended()}. */
    STUCK,
    /** It wrote more than allowed to standard output and was killed. */
    OUTPUT_LIMIT,
    /** No place among the commands of its class came free before its deadline; nothing ran. */
    TOO_MANY,
    /** The calling thread was interrupted; it was killed. */
    INTERRUPTED;

    /** The name in lower case, as in metrics. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final Kind kind;
  private final transient Command command;
  private final int exitCode;
  private final int signal;
  private final Duration duration;
  private final String stderr;
  private final long pid;
  private final transient CompletableFuture<@Nullable Void> ended;

  /** What is known when a command has failed; what does not apply stays 0. */
  record Facts(int exitCode, int signal, Duration duration, String stderr, long pid) {
    static Facts none(Duration duration) {
      return new Facts(0, 0, duration, "", 0);
    }
  }

  CommandFailure(
      Kind kind,
      Command command,
      String what,
      Facts facts,
      CompletableFuture<@Nullable Void> ended) {
    super(message(command, what, facts.stderr()), null, false, false);
    this.kind = kind;
    this.command = command;
    this.exitCode = facts.exitCode();
    this.signal = facts.signal();
    this.duration = facts.duration();
    this.stderr = facts.stderr();
    this.pid = facts.pid();
    this.ended = ended;
  }

  private static String message(Command command, String what, String stderr) {
    String words = StderrText.oneLine(stderr);
    return command + ": " + what + (words.isEmpty() ? "" : ": " + words);
  }

  /** What went wrong. */
  public Kind kind() {
    return kind;
  }

  /** The program's file name. */
  public String program() {
    return command.programName();
  }

  /** The arguments, secret ones as {@code ***}. */
  public List<String> redactedArguments() {
    return command.redactedArguments();
  }

  /** The exit code when the kind is {@link Kind#EXIT}, else 0. */
  public int exitCode() {
    return exitCode;
  }

  /** The number of the signal when the kind is {@link Kind#SIGNAL}, else 0. */
  public int signal() {
    return signal;
  }

  /** How long it ran, or waited for a place. */
  public Duration duration() {
    return duration;
  }

  /** Head and tail of what it wrote to standard error. */
  public String stderr() {
    return stderr;
  }

  /** The process id, 0 when nothing was started. */
  public long pid() {
    return pid;
  }

  /**
   * Completes when no process of this command is left; already complete unless the kind is {@link
   * Kind#STUCK}. Until then the command must be taken to be still at work. Completed on a thread of
   * the runner.
   */
  public CompletableFuture<@Nullable Void> ended() {
    return ended;
  }
}
