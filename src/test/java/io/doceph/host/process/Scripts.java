package io.doceph.host.process;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Short shell programs as commands, and a runner without any ado. */
final class Scripts {

  static final Path SHELL = Path.of("/bin/sh");

  private Scripts() {}

  static ProcessRunner runner() {
    return new ProcessRunner(RunLimits.defaults(), RunListener.NONE);
  }

  /** A shell program that has half a minute, much more than any of the tests needs. */
  static Command sh(String program) {
    return Command.of(SHELL, CommandClass.LOCAL)
        .arg("-c", program)
        .deadline(Deadline.after(Duration.ofSeconds(30)));
  }

  static Command sh(String program, Duration within) {
    return sh(program).deadline(Deadline.after(within));
  }

  /** The pid that a program wrote into a file. */
  static long pidIn(Path file) throws Exception {
    long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (System.nanoTime() < end) {
      if (Files.exists(file)) {
        String text = Files.readString(file, UTF_8).strip();
        if (!text.isEmpty()) {
          return Long.parseLong(text);
        }
      }
      Thread.sleep(5);
    }
    throw new AssertionError("no pid in " + file);
  }

  /** Whether the process runs or sleeps; a zombie does not. */
  static boolean alive(long pid) {
    return ProcStat.of(pid).filter(ProcStat::alive).isPresent();
  }
}
