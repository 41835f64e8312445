package io.doceph.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
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
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Cli.run(args, new PrintWriter(out), new PrintWriter(err), environment);
    return new CliRun(code, out.toString(), err.toString());
  }
}
