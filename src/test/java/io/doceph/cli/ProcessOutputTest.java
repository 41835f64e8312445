package io.doceph.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real standard output of a real process. */
class ProcessOutputTest {
  private final Path directory;

  ProcessOutputTest(@TempDir Path directory) {
    this.directory = directory;
  }

  /** The child's main class. */
  static final class Child {
    private Child() {}

    public static void main(String[] args) {
      // Not exit(), which would have JBoss's log manager complain on stderr.
      Runtime.getRuntime().halt(Cli.run(args));
    }
  }

  @Test
  void outputIsUtf8WhateverTheLocale() throws IOException, InterruptedException {
    String volume = "{\"mountpoint\":\"/m/ä\"}";
    try (FakeDaemon daemon = FakeDaemon.answering(directory, 200, volume)) {
      assertThat(
              shell(
                  "LC_ALL=C \"$@\"; echo \"exit $?\"",
                  "mount",
                  "db1",
                  "--socket",
                  daemon.socket.toString()))
          .isEqualTo("/m/ä\nexit 0\n");
    }
  }

  @Test
  void aReaderThatLeavesIsNoError() throws IOException, InterruptedException {
    assertThat(shell("\"$@\" | :; echo \"exit ${PIPESTATUS[0]}\"", "completion", "bash"))
        .isEqualTo("exit 0\n");
  }

  @Test
  void aFullDiskIsAnError() throws IOException, InterruptedException {
    assertThat(shell("\"$@\" >/dev/full; echo \"exit $?\"", "--help"))
        .isEqualTo("doceph: cannot write the output: No space left on device\nexit 1\n");
  }

  private static String shell(String script, String... args)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder("bash", "--norc", "-c", script, "bash");
    builder.command().add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    builder.command().add("-XX:TieredStopAtLevel=1");
    builder.command().add("-cp");
    builder.command().add(System.getProperty("java.class.path"));
    builder.command().add(Child.class.getName());
    builder.command().addAll(java.util.List.of(args));
    Process process = builder.redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }
}
