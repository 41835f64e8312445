package io.doceph.cli;

import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;

/** What a command printed and how it ended. */
record CliRun(int code, String out, String err) {
  static CliRun of(String... args) {
    return with(Map.of(), args);
  }

  static CliRun at(Path socket, String... args) {
    return of(
        Stream.concat(Stream.of(args), Stream.of("--socket", socket.toString()))
            .toArray(String[]::new));
  }

  static CliRun with(Map<String, String> environment, String... args) {
    return with(environment, false, "", args);
  }

  /** With a person at the terminal who types that. */
  static CliRun typing(String typed, Path socket, String... args) {
    return with(Map.of("DOCEPH_SOCKET", socket.toString()), true, typed, args);
  }

  private static CliRun with(
      Map<String, String> environment, boolean terminal, String typed, String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    PrintWriter errors = new PrintWriter(err);
    Terminal person =
        new Terminal(
            () -> terminal,
            new ByteArrayInputStream(typed.getBytes(StandardCharsets.UTF_8)),
            errors);
    int code = Cli.run(args, new PrintWriter(out), errors, person, environment);
    return new CliRun(code, out.toString(), err.toString());
  }
}
