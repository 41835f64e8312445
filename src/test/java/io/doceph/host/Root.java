package io.doceph.host;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.doceph.host.process.Command;
import io.doceph.host.process.CommandClass;
import io.doceph.host.process.Deadline;
import io.doceph.host.process.ProcessRunner;
import io.doceph.host.process.RunLimits;
import io.doceph.host.process.RunListener;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/** What tests that change the machine need. */
final class Root {

  private Root() {}

  static void need(String what) {
    assumeTrue("root".equals(System.getProperty("user.name")), "not root: cannot " + what);
  }

  static Tools tools() {
    return new Tools(Map.of());
  }

  static ProcessRunner runner() {
    return new ProcessRunner(RunLimits.defaults(), RunListener.NONE);
  }

  static Deadline soon() {
    return Deadline.after(Duration.ofSeconds(60));
  }

  /** Runs a shell program and gives what it wrote. */
  static String sh(String program) {
    return runner()
        .run(Command.of(Path.of("/bin/sh"), CommandClass.LOCAL).arg("-c", program).deadline(soon()))
        .text();
  }
}
