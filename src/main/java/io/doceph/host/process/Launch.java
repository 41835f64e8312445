package io.doceph.host.process;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Starts the process of a command, with an environment built from nothing. */
final class Launch {

  /** The variable by which all processes of one run are found; see {@link ProcessTree}. */
  static final String MARKER = "DOCEPH_RUN";

  private static final Map<String, String> ENVIRONMENT =
      Map.of("LC_ALL", "C", "PATH", "/usr/sbin:/usr/bin:/sbin:/bin", "HOME", "/");

  /** A new pipe takes at least one page at once, so that writing this much never blocks. */
  private static final int PIPE_INPUT = 4096;

  private Launch() {}

  /**
   * Starts it; its standard input is given in full before this returns.
   *
   * @throws IOException with the reason as its message, when nothing was started
   */
  static Process start(Command command, String run) throws IOException {
    Optional<String> problem = ExecutableFormat.problem(command.program());
    if (problem.isPresent()) {
      throw new IOException(problem.get());
    }
    List<String> words = new ArrayList<>();
    words.add(command.program().toString());
    command.arguments().forEach(argument -> words.add(argument.value()));
    for (String word : words) {
      checkEncoding(word);
    }
    // The root directory: a long run must not keep some file system busy.
    ProcessBuilder builder = new ProcessBuilder(words).directory(new File("/"));
    Map<String, String> environment = builder.environment();
    environment.clear();
    environment.putAll(ENVIRONMENT);
    environment.putAll(command.environment());
    environment.put(MARKER, run);
    byte[] input = command.input();
    if (input == null) {
      return builder.redirectInput(Redirect.from(new File("/dev/null"))).start();
    }
    return input.length <= PIPE_INPUT
        ? startWithPipe(builder, input)
        : startWithFile(builder, input);
  }

  /**
   * The JDK would pass a question mark for what the locale does not have: the name of something
   * else.
   */
  private static void checkEncoding(String word) throws IOException {
    Charset charset = Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));
    if (!word.chars().allMatch(c -> c < 0x80) && !charset.newEncoder().canEncode(word)) {
      throw new IOException(
          "an argument has characters that the locale (%s) does not have; start doceph with LANG=C.UTF-8"
              .formatted(charset));
    }
  }

  private static Process startWithPipe(ProcessBuilder builder, byte[] input) throws IOException {
    Process process = builder.start();
    try (OutputStream stdin = process.getOutputStream()) {
      stdin.write(input);
    } catch (IOException e) {
      // It ended or closed its standard input without reading; its exit code says whether that was
      // right.
      return process;
    }
    return process;
  }

  /** Through a file that has no name any more when the process runs: a full pipe would block us. */
  private static Process startWithFile(ProcessBuilder builder, byte[] input) throws IOException {
    Path file = Files.createTempFile("doceph-input-", ".tmp");
    try {
      Files.write(file, input);
      return builder.redirectInput(Redirect.from(file.toFile())).start();
    } finally {
      Files.deleteIfExists(file);
    }
  }
}
