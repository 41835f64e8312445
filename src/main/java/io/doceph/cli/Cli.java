package io.doceph.cli;

import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * The command line: parses, runs one command, and turns whatever comes of it into output and an
 * exit code.
 */
public final class Cli {
  /** Not an exit code: the arguments ask for the daemon, which the caller is to boot. */
  public static final int SERVE = -1;

  /** Not an exit code: the arguments ask for a check of the daemon's configuration. */
  public static final int CHECK = -2;

  private Cli() {}

  /**
   * Runs a command with the process's own output and environment.
   *
   * @return the exit code, {@link #SERVE} or {@link #CHECK}
   */
  public static int run(String[] args) {
    StandardOutput stdout = new StandardOutput();
    PrintWriter out = new PrintWriter(new OutputStreamWriter(stdout, StandardCharsets.UTF_8));
    PrintWriter err = new PrintWriter(new OutputStreamWriter(System.err, StandardCharsets.UTF_8));
    int code = run(args, out, err, System.getenv());
    IOException lost = stdout.failureThatMatters();
    if (lost == null) {
      return code;
    }
    Errors errors = new Errors(err, wantsJson(args));
    CliFailure failure =
        new CliFailure(ErrorCode.FAILED, "cannot write the output: " + lost.getMessage());
    return code == ExitCode.OK ? errors.print(failure) : code;
  }

  /**
   * Runs a command.
   *
   * @param args the arguments after the program's name
   * @param out what the command has to say; flushed
   * @param err one sentence when it fails; flushed
   * @param environment in place of the process's own
   * @return the exit code, {@link #SERVE} or {@link #CHECK}
   */
  public static int run(
      String[] args, PrintWriter out, PrintWriter err, Map<String, String> environment) {
    return run(args, out, err, Terminal.ofProcess(err), environment);
  }

  static int run(
      String[] args,
      PrintWriter out,
      PrintWriter err,
      Terminal terminal,
      Map<String, String> environment) {
    Errors errors = new Errors(err, wantsJson(args));
    String version = Version.read();
    try {
      return commandLine(out, terminal, environment, version)
          .setOut(out)
          .setErr(err)
          .setExecutionStrategy(parsed -> execute(parsed, out, version))
          .setParameterExceptionHandler((e, ignored) -> errors.printUsage(e))
          .setExecutionExceptionHandler((e, ignored, parsed) -> errors.print(e))
          .execute(args);
    } finally {
      out.flush();
      err.flush();
    }
  }

  private static CommandLine commandLine(
      PrintWriter out, Terminal terminal, Map<String, String> environment, String version) {
    DocephCommand root = new DocephCommand();
    Session session = new Session(root, out, terminal, environment);
    CommandLine line = new CommandLine(root);
    CommandLine serve = new CommandLine(new ServeCommand(session));
    CommandLine trash = new CommandLine(new TrashCommand());
    // A command is one file and one line here. Given as objects: nothing of them is constructed by
    // reflection.
    List.of(
            serve,
            new CreateCommand(session),
            new DeleteCommand(session),
            new ListCommand(session),
            new InspectCommand(session),
            new MountCommand(session),
            new UmountCommand(session),
            new GrowCommand(session),
            new ProtectCommand(session),
            new UnprotectCommand(session),
            new AccessCommand(session),
            new WhoCommand(session),
            new StealCommand(session),
            new AdoptCommand(session),
            trash,
            new InfoCommand(session),
            new DoctorCommand(session),
            new ImportLegacyCommand(session),
            new DiscoveryCommand(session),
            new CompletionCommand(session))
        .forEach(line::addSubcommand);
    List.of(
            new TrashListCommand(session),
            new TrashRestoreCommand(session),
            new TrashPurgeCommand(session))
        .forEach(trash::addSubcommand);
    ServeCommand.removeClientOptions(serve.getCommandSpec());
    style(line, version);
    return line.setExpandAtFiles(false).setCaseInsensitiveEnumValuesAllowed(true);
  }

  private static void style(CommandLine line, String version) {
    line.setColorScheme(Help.defaultColorScheme(Ansi.OFF));
    CommandSpec spec = line.getCommandSpec();
    spec.version("doceph " + version);
    spec.usageMessage()
        .width(100)
        .abbreviateSynopsis(true)
        .sortOptions(false)
        .synopsisHeading("Usage: ")
        .descriptionHeading("%n")
        .parameterListHeading("%nParameters:%n")
        .optionListHeading("%nOptions:%n")
        .commandListHeading("%nCommands:%n")
        .exitCodeListHeading("%nExit codes:%n")
        .exitCodeList(ExitCode.descriptions())
        .footerHeading("%nExamples:%n");
    line.getSubcommands().values().forEach(command -> style(command, version));
  }

  private static int execute(ParseResult parsed, PrintWriter out, String version) {
    ParseResult last = parsed;
    while (last.hasSubcommand()) {
      last = last.subcommand();
    }
    boolean help = parsed.isUsageHelpRequested() || last.isUsageHelpRequested();
    boolean versionAsked = parsed.isVersionHelpRequested() || last.isVersionHelpRequested();
    if (!help && versionAsked && ((DocephCommand) parsed.commandSpec().userObject()).json) {
      out.println(Json.object().put("version", version));
      return ExitCode.OK;
    }
    return new CommandLine.RunLast().execute(parsed);
  }

  /** Asked of the bare arguments because errors of parsing them want to know it too. */
  private static boolean wantsJson(String[] args) {
    return Arrays.stream(args).takeWhile(arg -> !arg.equals("--")).anyMatch("--json"::equals);
  }
}
