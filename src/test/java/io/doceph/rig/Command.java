package io.doceph.rig;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Runs one program to its end, with a deadline, and keeps what it said.
 *
 * @param command program and arguments
 * @param environment variables set on top of this process's own
 * @param deadline after which the program is killed and the run fails
 */
public record Command(List<String> command, Map<String, String> environment, Duration deadline) {
  private static final Duration DEFAULT_DEADLINE = Duration.ofMinutes(3);

  /** How a program ended: its exit code and its two outputs, without white space around them. */
  public record Result(List<String> command, int exit, String out, String err) {
    /**
     * Insists on success.
     *
     * @throws AssertionError when the program failed, with its own words
     */
    public Result succeeded() {
      if (exit != 0) {
        throw new AssertionError(
            String.join(" ", command) + ": exit " + exit + ": " + out + "\n" + err);
      }
      return this;
    }
  }

  /** A program run with this process's environment. */
  public static Command of(String... command) {
    return new Command(List.of(command), Map.of(), DEFAULT_DEADLINE);
  }

  /**
   * Runs the program and waits for it.
   *
   * @throws AssertionError when it has not ended by the deadline
   */
  public Result run() {
    try {
      Path out = Files.createTempFile("rig", ".out");
      Path err = Files.createTempFile("rig", ".err");
      try {
        return new Result(
            command,
            exitCode(out, err),
            Files.readString(out, StandardCharsets.UTF_8).strip(),
            Files.readString(err, StandardCharsets.UTF_8).strip());
      } finally {
        Files.delete(out);
        Files.delete(err);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted in " + command, e);
    }
  }

  // The outputs go to files: a background child that keeps a pipe open would hold up a reader for
  // ever.
  private int exitCode(Path out, Path err) throws IOException, InterruptedException {
    var builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    builder.redirectInput(Path.of("/dev/null").toFile());
    builder.redirectOutput(out.toFile()).redirectError(err.toFile());
    Process process = builder.start();
    if (!process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS)) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
      throw new AssertionError(
          String.join(" ", command)
              + ": no end after "
              + deadline.toSeconds()
              + " s: "
              + Files.readString(err, StandardCharsets.UTF_8));
    }
    return process.exitValue();
  }
}
