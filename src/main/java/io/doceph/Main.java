package io.doceph;

import io.doceph.server.Daemon;
import io.quarkus.runtime.annotations.QuarkusMain;

/** Picks the daemon ({@code doceph serve}) or a client command; only the daemon boots Quarkus. */
@QuarkusMain
public final class Main {
  private Main() {}

  /** Runs a command; the process ends with its exit code. */
  public static void main(String[] args) {
    int code = args.length == 1 && args[0].equals("serve") ? Daemon.run() : 64;
    if (code != 0) {
      System.exit(code);
    }
  }
}
