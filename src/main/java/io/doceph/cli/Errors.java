package io.doceph.cli;

import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The one place that prints errors: one line on stderr, a sentence or JSON, never a stack trace.
 */
final class Errors {
  private final PrintWriter err;
  private final boolean json;

  Errors(PrintWriter err, boolean json) {
    this.err = err;
    this.json = json;
  }

  /** Prints why a command failed and returns its exit code. */
  int print(Exception e) {
    if (e instanceof ParameterException usage) {
      return printUsage(usage);
    }
    CliFailure failure =
        e instanceof CliFailure known
            ? known
            : new CliFailure(ErrorCode.FAILED, "internal error, please report it: " + e);
    if (json) {
      var error = Json.object();
      error.putObject("error").put("code", failure.wire()).put("message", failure.text());
      err.println(error);
    } else {
      err.println("doceph: " + Printable.of(failure.text()));
    }
    err.flush();
    return failure.exitCode();
  }

  /** Prints what is wrong with the arguments and where to read how they should be. */
  int printUsage(ParameterException e) {
    String help = e.getCommandLine().getCommandSpec().qualifiedName() + " --help";
    return print(new CliFailure(ErrorCode.INVALID_REQUEST, wrong(e) + "; see '" + help + "'"));
  }

  private static String wrong(ParameterException e) {
    if (e instanceof UnmatchedArgumentException unmatched && !unmatched.getUnmatched().isEmpty()) {
      String argument = unmatched.getUnmatched().getFirst();
      List<String> suggestions = unmatched.getSuggestions();
      // An option that exists is unmatched only behind "--", where it is none.
      boolean option = unmatched.isUnknownOption() && !suggestions.contains(argument);
      boolean command = !option && !unmatched.getCommandLine().getSubcommands().isEmpty();
      String kind =
          option ? "unknown option" : command ? "unknown command" : "one argument too many:";
      String suggestion =
          suggestions.isEmpty() || !(option || command)
              ? ""
              : " (did you mean " + String.join(" or ", suggestions) + "?)";
      return kind + " '" + argument + "'" + suggestion;
    }
    String message = String.valueOf(e.getMessage());
    return message.isEmpty()
        ? "wrong usage"
        : Character.toLowerCase(message.charAt(0)) + message.substring(1);
  }
}
