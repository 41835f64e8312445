package io.doceph.host.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What {@code /proc/PID/stat} tells. Reading it never blocks, unlike {@code environ} and {@code
 * cmdline} of a process that hangs with its memory map locked.
 *
 * @param startTicks when it started, in clock ticks since boot; with the pid it names a process for
 *     ever
 */
record ProcStat(long pid, long parent, char state, long startTicks) {

  /** Fields after the command name, which may itself hold spaces and parentheses. */
  private static final int STATE = 0;

  private static final int PARENT = 1;
  private static final int START = 19;

  /** The entry of a process, empty when there is none (any more). */
  static Optional<ProcStat> of(long pid) {
    try {
      String line =
          Files.readString(
              Path.of("/proc", Long.toString(pid), "stat"), StandardCharsets.ISO_8859_1);
      String[] fields = line.substring(line.lastIndexOf(')') + 2).split(" ", -1);
      return Optional.of(
          new ProcStat(
              pid,
              Long.parseLong(fields[PARENT]),
              fields[STATE].charAt(0),
              Long.parseLong(fields[START])));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Whether it still runs or sleeps; a zombie does neither and holds nothing. */
  boolean alive() {
    return state != 'Z' && state != 'X';
  }

  /** Whether this very process is alive now. */
  boolean stillAlive() {
    return of(pid).filter(this::sameAs).filter(ProcStat::alive).isPresent();
  }

  boolean sameAs(ProcStat other) {
    return pid == other.pid && startTicks == other.startTicks;
  }
}
