import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A running {@code doceph serve} with a scratch directory of its own, and one connection to it. */
final class Daemon implements AutoCloseable {
  private static final Pattern COMMAND =
      Pattern.compile("\"commands\\.([^\"]+)\\.[a-z_]+\" *: *(\\d+)");
  private static final long START_LIMIT = TimeUnit.SECONDS.toNanos(20);

  /** In memory, as /run is: the registry is synced before each answer. */
  private static final Path MEMORY = Path.of("/dev/shm");

  private final Process process;
  private final Path scratch;
  private final Client client;
  private final double startMillis;

  private Daemon(Process process, Path scratch, Client client, double startMillis) {
    this.process = process;
    this.scratch = scratch;
    this.client = client;
    this.startMillis = startMillis;
  }

  /** Starts it and waits for the answer to Activate. */
  static Daemon start(Path executable, Path scratch) throws IOException {
    return start(executable, scratch, Map.of());
  }

  /** The same with more settings, as environment variables. */
  static Daemon start(Path executable, Path scratch, Map<String, String> settings)
      throws IOException {
    Files.createDirectories(scratch);
    Path socket = scratch.resolve("s");
    Files.deleteIfExists(socket);
    ProcessBuilder builder =
        new ProcessBuilder(List.of(executable.toString(), "serve"))
            .redirectOutput(scratch.resolve("log").toFile())
            .redirectErrorStream(true);
    environment(builder.environment(), scratch);
    builder.environment().putAll(settings);
    long began = System.nanoTime();
    Process process = builder.start();
    while (!Files.exists(socket)) {
      if (!process.isAlive() || System.nanoTime() - began > START_LIMIT) {
        process.destroyForcibly();
        throw new IOException(
            "the daemon does not start: " + Files.readString(scratch.resolve("log")).strip());
      }
      LockSupport.parkNanos(100_000);
    }
    Client client = new Client(socket);
    client.call("Plugin.Activate", "");
    return new Daemon(process, scratch, client, (System.nanoTime() - began) / 1e6);
  }

  /** The scratch directory alone is used: nothing of the machine's own doceph. */
  private static void environment(Map<String, String> environment, Path scratch)
      throws IOException {
    environment.keySet().removeIf(name -> name.startsWith("DOCEPH_"));
    Path empty = scratch.resolve("application.properties");
    if (!Files.exists(empty)) {
      Files.createFile(empty);
    }
    environment.put("DOCEPH_CONFIG", empty.toString());
    environment.put("DOCEPH_SOCKET", scratch.resolve("s").toString());
    environment.put("DOCEPH_MANAGEMENT", "off");
    environment.put("DOCEPH_BACKEND", "vfs");
    environment.put("DOCEPH_BACKENDS", "vfs,loop");
    environment.put("DOCEPH_RUN_DIR", runDir(scratch).toString());
    environment.put("DOCEPH_STATE_DIR", scratch.resolve("state").toString());
    environment.put("DOCEPH_MOUNT_ROOT", scratch.resolve("mounts").toString());
    environment.put("DOCEPH_VFS_PATH", scratch.resolve("vfs").toString());
    environment.put("DOCEPH_LOOP_PATH", scratch.resolve("loop").toString());
  }

  private static Path runDir(Path scratch) {
    return Files.isWritable(MEMORY)
        ? MEMORY.resolve("doceph-bench-run-" + ProcessHandle.current().pid())
        : scratch.resolve("run");
  }

  Client client() {
    return client;
  }

  Path scratch() {
    return scratch;
  }

  /** From exec to the answer to the first Activate. */
  double startMillis() {
    return startMillis;
  }

  /** Resident memory now, in MiB. */
  double residentMiB() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024.0;
      }
    }
    throw new IOException("/proc does not tell the daemon's memory");
  }

  /** How many commands the daemon has run so far, by program. */
  Map<String, Long> launches() throws IOException {
    Matcher matcher = COMMAND.matcher(client.get("/v1/info"));
    Map<String, Long> launches = new TreeMap<>();
    while (matcher.find()) {
      launches.merge(matcher.group(1), Long.valueOf(matcher.group(2)), Long::sum);
    }
    return launches;
  }

  @Override
  public void close() throws IOException {
    client.close();
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Bench.delete(runDir(scratch));
  }
}
