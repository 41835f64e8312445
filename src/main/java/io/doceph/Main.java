package io.doceph;

import io.doceph.cli.Cli;
import io.doceph.server.Daemon;
import io.quarkus.runtime.annotations.QuarkusMain;

/** Picks the daemon ({@code doceph serve}) or a client command; only the daemon boots Quarkus. */
@QuarkusMain
public final class Main {
  Main() {}

  /** Runs a command; the process ends with its exit code. */
  public static void main(String[] args) {
    // Not even the command line's parser may delay the daemon.
    boolean serve = args.length == 1 && args[0].equals("serve");
    int code = serve ? Cli.SERVE : Cli.run(args);
    if (code == Cli.SERVE) {
      code = Daemon.run();
    } else if (code == Cli.CHECK) {
      code = Daemon.check();
    }
    // Everything has been written; an orderly exit would only start the log manager to stop it.
    Runtime.getRuntime().halt(code);
  }
}
