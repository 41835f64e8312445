package io.doceph.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Asks the person at the terminal, if there is one. */
final class Terminal {
  private final BooleanSupplier interactive;
  private final InputStream in;
  private final PrintWriter err;

  /**
   * A terminal, or what stands in its place.
   *
   * @param interactive whether a person can answer; asked only when there is a question
   * @param err where questions go, so that the output stays what it is
   */
  Terminal(BooleanSupplier interactive, InputStream in, PrintWriter err) {
    this.interactive = interactive;
    this.in = in;
    this.err = err;
  }

  /** The process's own. */
  static Terminal ofProcess(PrintWriter err) {
    return new Terminal(Terminal::isOnInput, System.in, err);
  }

  /**
   * Refuses to go on without a person to ask.
   *
   * @param what what would be asked about, as in "steal cuts other hosts off"
   * @param sure the command line that does not ask
   */
  void require(String what, String sure) {
    if (!interactive.getAsBoolean()) {
      throw new CliFailure(
          ErrorCode.INVALID_REQUEST,
          what
              + " and asks first, but standard input is no terminal; if you are sure: '"
              + sure
              + "'");
    }
  }

  /** Says what is about to happen and goes on only with a yes. */
  void confirm(String what) {
    err.print(Printable.of(what) + " Go on? [y/N] ");
    err.flush();
    String answer = readLine();
    if (answer == null) {
      err.println();
    }
    String word = answer == null ? "" : answer.strip().toLowerCase(Locale.ROOT);
    if (!word.equals("y") && !word.equals("yes")) {
      throw new CliFailure(ErrorCode.FAILED, "nothing was done");
    }
  }

  private @Nullable String readLine() {
    try {
      return new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8)).readLine();
    } catch (IOException e) {
      return null;
    }
  }

  /** Not by {@code System.console()}, which takes long to start and may stand for a pipe too. */
  private static boolean isOnInput() {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/0")).toString();
      return target.startsWith("/dev/pts/")
          || target.startsWith("/dev/tty")
          || target.equals("/dev/console");
    } catch (IOException e) {
      return false;
    }
  }
}
