import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * doceph's figures beside their goals, measured from outside as Docker meets it. Prints, never
 * asserts: a machine that is busy with something else says nothing about a change.
 */
final class Bench {
  private final Path executable;
  private final boolean quick;
  private final Path scratch;

  private Bench(Path executable, boolean quick, Path scratch) {
    this.executable = executable;
    this.quick = quick;
    this.scratch = scratch;
  }

  public static void main(String[] args) throws IOException {
    boolean quick = false;
    Path executable = Path.of("target/doceph");
    for (String arg : args) {
      if (arg.equals("--quick")) {
        quick = true;
      } else if (arg.startsWith("-")) {
        System.err.println("usage: src/test/bench/run [--quick] [EXECUTABLE]");
        System.exit(2);
      } else {
        executable = Path.of(arg);
      }
    }
    if (!Files.isExecutable(executable)) {
      System.err.println(
          executable + " is no executable: build it first (./mvnw package), or name another.");
      System.exit(1);
    }
    Path scratch = Files.createTempDirectory("doceph-bench");
    int status = 0;
    try {
      new Bench(executable.toAbsolutePath(), quick, scratch).run();
    } catch (IOException e) {
      System.err.println("src/test/bench/run: " + e.getMessage());
      status = 1;
    } finally {
      delete(scratch);
    }
    System.exit(status);
  }

  private void run() throws IOException {
    boolean elf = isNative();
    System.out.printf(
        "doceph's figures: %s (%s), %d processors, load %s, scratch directory on %s%s%n",
        executable,
        elf ? "native" : "on the JVM; the goals are the native executable's",
        Runtime.getRuntime().availableProcessors(),
        Files.readString(Path.of("/proc/loadavg")).split(" ")[0],
        Files.getFileStore(scratch).type(),
        quick ? ", quick" : "");
    Report.columns();
    Report.head("Start");
    Report.figure(
        "size of the executable",
        elf ? Report.number(Files.size(executable) / 1048576.0) + " MiB" : "-",
        elf ? "" : "a launcher of the JVM has no size of its own");
    start();
    try (Daemon daemon = Daemon.start(executable, scratch.resolve("daemon"))) {
      pause();
      Report.figure("resident memory, idle", daemon.residentMiB(), 40, "MiB", "");
      Volumes.few(daemon, quick);
      new Launches(daemon).print();
      Loops.print(daemon, quick);
    }
    // Thousands of volumes are made in memory: on a disk that would take minutes of waiting for it.
    Path shared = Path.of("/dev/shm");
    Path memory =
        Files.isWritable(shared) ? Files.createTempDirectory(shared, "doceph-bench") : scratch;
    try (Daemon daemon = Daemon.start(executable, memory.resolve("many"))) {
      Volumes.many(daemon, quick);
    } finally {
      delete(memory);
    }
    Rbds.print(executable, scratch.resolve("rbd"), quick);
  }

  private boolean isNative() throws IOException {
    try (var in = Files.newInputStream(executable)) {
      return in.read() == 0x7f && in.read() == 'E';
    }
  }

  private void start() throws IOException {
    double[] millis = new double[21];
    for (int i = 0; i < millis.length; i++) {
      try (Daemon daemon = Daemon.start(executable, scratch.resolve("start" + i))) {
        millis[i] = daemon.startMillis();
      }
    }
    Samples starts = Samples.ofMillis(millis);
    Samples nothing = Floor.program(21, "/bin/true");
    Samples version = Floor.program(21, executable.toString(), "--version");
    Report.figure(
        "exec to first answered Activate (median of 21)",
        starts.median(),
        30,
        "ms",
        "least %s ms; /bin/true, launched alike: %s ms"
            .formatted(Report.number(starts.least()), Report.number(nothing.median())));
    Report.figure(
        "a client command (doceph --version)",
        Report.number(version.median()) + " ms",
        "/bin/true: " + Report.number(nothing.median()) + " ms");
  }

  /** The daemon has a few things to do after its start. */
  private static void pause() {
    try {
      Thread.sleep(1000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  static void delete(Path tree) throws IOException {
    if (!Files.exists(tree)) {
      return;
    }
    Files.walkFileTree(
        tree,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, IOException e)
              throws IOException {
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
