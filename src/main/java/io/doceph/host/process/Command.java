package io.doceph.host.process;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One program with its arguments and limits. Immutable: each method gives a changed copy. Its text
 * shows secret arguments as {@code ***}.
 */
public final class Command {

  /** How long a command may take that was given no deadline. */
  public static final Duration DEFAULT_TIME = Duration.ofSeconds(30);

  /** How many bytes a command may write to standard output that was given no other limit. */
  public static final int DEFAULT_STDOUT_LIMIT = 1 << 20;

  static final String HIDDEN = "***";

  /** An argument; the secret ones are never shown. */
  record Argument(String value, boolean secret) {
    @Override
    public String toString() {
      return secret ? HIDDEN : value;
    }
  }

  private final Path program;
  private final CommandClass commandClass;
  private final List<Argument> arguments;
  private final @Nullable Deadline deadline;
  private final @Nullable Duration time;
  private final byte @Nullable [] input;
  private final int stdoutLimit;
  private final Set<Integer> acceptedExits;
  private final Map<String, String> environment;

  private Command(
      Path program,
      CommandClass commandClass,
      List<Argument> arguments,
      @Nullable Deadline deadline,
      @Nullable Duration time,
      byte @Nullable [] input,
      int stdoutLimit,
      Set<Integer> acceptedExits,
      Map<String, String> environment) {
    this.program = program;
    this.commandClass = commandClass;
    this.arguments = List.copyOf(arguments);
    this.deadline = deadline;
    this.time = time;
    this.input = input;
    this.stdoutLimit = stdoutLimit;
    this.acceptedExits = Set.copyOf(acceptedExits);
    this.environment = Map.copyOf(environment);
  }

  /**
   * A command without arguments.
   *
   * @throws IllegalArgumentException when the path is not absolute: nothing is looked up in PATH
   */
  public static Command of(Path program, CommandClass commandClass) {
    if (!program.isAbsolute()) {
      throw new IllegalArgumentException(
          "a program is given by its absolute path, not as '%s'".formatted(program));
    }
    return new Command(
        program,
        commandClass,
        List.of(),
        null,
        null,
        null,
        DEFAULT_STDOUT_LIMIT,
        Set.of(0),
        Map.of());
  }

  /** Adds arguments, each passed as it is. */
  public Command arg(String... values) {
    return args(List.of(values));
  }

  /** Adds arguments, each passed as it is. */
  public Command args(List<String> values) {
    List<Argument> more = new ArrayList<>(arguments);
    values.forEach(value -> more.add(new Argument(noNul(value), false)));
    return withArguments(more);
  }

  /**
   * Adds an argument that no text of ours shows. It is visible in the process list all the same:
   * prefer a file or {@link #input}.
   */
  public Command secretArg(String value) {
    List<Argument> more = new ArrayList<>(arguments);
    more.add(new Argument(noNul(value), true));
    return withArguments(more);
  }

  /**
   * Sets when it must have ended, however long it waits for its turn; else it has {@link
   * #DEFAULT_TIME} from the call.
   */
  public Command deadline(Deadline when) {
    return new Command(
        program,
        commandClass,
        arguments,
        when,
        time,
        input,
        stdoutLimit,
        acceptedExits,
        environment);
  }

  /**
   * Sets how long it may take once it is started, within its deadline. On a busy machine it may
   * wait longer than that for its turn, which says nothing of the program.
   */
  public Command time(Duration longest) {
    return new Command(
        program,
        commandClass,
        arguments,
        deadline,
        longest,
        input,
        stdoutLimit,
        acceptedExits,
        environment);
  }

  /** Sets what it reads from standard input; else that is {@code /dev/null}. */
  public Command input(byte[] bytes) {
    return new Command(
        program,
        commandClass,
        arguments,
        deadline,
        time,
        bytes.clone(),
        stdoutLimit,
        acceptedExits,
        environment);
  }

  /** Sets how many bytes it may write to standard output; when it writes more it is killed. */
  public Command stdoutLimit(int bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException("an output limit is 0 bytes or more, not " + bytes);
    }
    return new Command(
        program, commandClass, arguments, deadline, time, input, bytes, acceptedExits, environment);
  }

  /** Adds exit codes that are no failure; 0 always is none. */
  public Command acceptExit(int... codes) {
    Set<Integer> more = new TreeSet<>(acceptedExits);
    for (int code : codes) {
      more.add(code);
    }
    return new Command(
        program, commandClass, arguments, deadline, time, input, stdoutLimit, more, environment);
  }

  /**
   * Adds a variable to the environment, which else holds only what {@link ProcessRunner} puts
   * there.
   */
  public Command env(String name, String value) {
    if (name.isEmpty() || name.indexOf('=') >= 0) {
      throw new IllegalArgumentException(
          "'%s' cannot be the name of an environment variable".formatted(name));
    }
    Map<String, String> more = new LinkedHashMap<>(environment);
    more.put(noNul(name), noNul(value));
    return new Command(
        program, commandClass, arguments, deadline, time, input, stdoutLimit, acceptedExits, more);
  }

  /** The program's absolute path. */
  public Path program() {
    return program;
  }

  /** The program's file name. */
  public String programName() {
    return String.valueOf(program.getFileName());
  }

  /** The class whose limit it counts against. */
  public CommandClass commandClass() {
    return commandClass;
  }

  /** The arguments, secret ones as {@code ***}. */
  public List<String> redactedArguments() {
    return arguments.stream().map(Argument::toString).toList();
  }

  /** Program name and arguments, secrets hidden. */
  @Override
  public String toString() {
    return arguments.isEmpty()
        ? programName()
        : programName() + " " + String.join(" ", redactedArguments());
  }

  List<Argument> arguments() {
    return arguments;
  }

  /** What must not be shown. */
  List<String> secrets() {
    return arguments.stream().filter(Argument::secret).map(Argument::value).toList();
  }

  Deadline deadlineFromNow() {
    return deadline == null ? Deadline.after(DEFAULT_TIME) : deadline;
  }

  /** When it must have ended if it is started now. */
  Deadline deadlineOfRun(Deadline whole) {
    return time == null ? whole : whole.sooner(time);
  }

  byte @Nullable [] input() {
    return input;
  }

  int stdoutLimit() {
    return stdoutLimit;
  }

  boolean accepts(int exitCode) {
    return acceptedExits.contains(exitCode);
  }

  Map<String, String> environment() {
    return environment;
  }

  private Command withArguments(List<Argument> more) {
    return new Command(
        program,
        commandClass,
        more,
        deadline,
        time,
        input,
        stdoutLimit,
        acceptedExits,
        environment);
  }

  /**
   * A NUL would end the argument early in the kernel's eyes: {@code vol\0../../x} must not become
   * another word.
   */
  private static String noNul(String value) {
    if (value.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("an argument of a program cannot hold a NUL character");
    }
    return value;
  }
}
