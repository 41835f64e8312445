package io.doceph.host.process;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * Takes what a process writes, without ever waiting for it: only what {@code available()} promises
 * is read. Used by one thread.
 */
final class Pipes {

  /**
   * At most this much is taken from one pipe in one turn, so that a flood cannot hide a deadline.
   */
  private static final int TURN = 64 * 1024;

  private final InputStream out;
  private final InputStream err;
  private final int stdoutLimit;
  private final ByteArrayOutputStream stdout = new ByteArrayOutputStream();
  private final StderrText stderr = new StderrText();
  private final byte[] buffer = new byte[TURN];
  private boolean overLimit;

  Pipes(Process process, int stdoutLimit) {
    this.out = process.getInputStream();
    this.err = process.getErrorStream();
    this.stdoutLimit = stdoutLimit;
  }

  /** Takes what is there, up to a limit; tells whether there was anything. */
  boolean drain() {
    boolean some = take(out, TURN, true) > 0;
    return take(err, TURN, false) > 0 || some;
  }

  /**
   * Takes what the process wrote before it ended: what is in the pipes now, and no more. Others may
   * still have them open and go on writing; there may never be an end of file.
   */
  void drainRest() {
    takeAll(out, true);
    takeAll(err, false);
  }

  boolean overLimit() {
    return overLimit;
  }

  byte[] stdout() {
    return stdout.toByteArray();
  }

  StderrText stderr() {
    return stderr;
  }

  void close() {
    close(out);
    close(err);
  }

  private void takeAll(InputStream from, boolean standardOutput) {
    int left = available(from);
    while (left > 0) {
      int taken = take(from, Math.min(left, TURN), standardOutput);
      if (taken <= 0) {
        return;
      }
      left -= taken;
    }
  }

  private int take(InputStream from, int most, boolean standardOutput) {
    int count = Math.min(available(from), most);
    if (count <= 0) {
      return 0;
    }
    try {
      int taken = from.read(buffer, 0, count);
      if (taken > 0 && standardOutput) {
        keep(taken);
      } else if (taken > 0) {
        stderr.add(buffer, taken);
      }
      return taken;
    } catch (IOException e) {
      return 0;
    }
  }

  private void keep(int count) {
    int room = stdoutLimit - stdout.size();
    overLimit |= count > room;
    stdout.write(buffer, 0, Math.min(count, room));
  }

  private static int available(InputStream from) {
    try {
      return from.available();
    } catch (IOException e) {
      // Closed: nothing more comes from it.
      return 0;
    }
  }

  private static void close(InputStream stream) {
    try {
      stream.close();
    } catch (IOException e) {
      // A pipe's reading end has nothing to lose.
      return;
    }
  }
}
