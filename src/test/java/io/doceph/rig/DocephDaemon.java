package io.doceph.rig;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The executable under test, started as {@code doceph serve} with everything it keeps in a
 * directory of its own. It is the file named by the system property {@code doceph.executable},
 * {@code target/doceph} unless set.
 */
public final class DocephDaemon implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(30);

  private final List<String> prefix;
  private final Path directory;
  private final Map<String, String> environment = new HashMap<>();
  private @Nullable Process process;
  private @Nullable CallRecorder front;

  /**
   * A daemon that is not yet started.
   *
   * @param prefix words before the command, {@link DockerRig#inside()} or none
   * @param directory where it keeps everything; created if missing
   * @param settings environment variables that differ from the rig's own
   */
  public DocephDaemon(List<String> prefix, Path directory, Map<String, String> settings) {
    this.prefix = prefix;
    this.directory = directory;
    environment.put("DOCEPH_BACKEND", "vfs");
    environment.put("DOCEPH_BACKENDS", "vfs,loop");
    environment.put("DOCEPH_VFS_PATH", directory.resolve("vfs").toString());
    environment.put("DOCEPH_LOOP_PATH", directory.resolve("loop").toString());
    environment.put("DOCEPH_SOCKET", directory.resolve("doceph.sock").toString());
    environment.put("DOCEPH_RUN_DIR", directory.resolve("run").toString());
    environment.put("DOCEPH_STATE_DIR", directory.resolve("state").toString());
    environment.put("DOCEPH_MOUNT_ROOT", mountRoot().toString());
    environment.put("DOCEPH_DEFAULT_SIZE", "64MiB");
    environment.put("DOCEPH_FILESYSTEM", "ext4");
    environment.put("DOCEPH_MANAGEMENT", "off");
    environment.putAll(settings);
  }

  /** Lets this recorder stand in front of it from its next start on, and come and go with it. */
  public DocephDaemon behind(CallRecorder recorder) {
    front = recorder;
    return this;
  }

  /** The socket it serves. */
  public Path socket() {
    return Path.of(environment.getOrDefault("DOCEPH_SOCKET", directory + "/doceph.sock"));
  }

  /** Below this path it mounts. */
  public Path mountRoot() {
    return directory.resolve("mnt");
  }

  /** Where it keeps everything. */
  public Path directory() {
    return directory;
  }

  /**
   * Starts it, and waits until it answers. It is asked for its capabilities: an Activate would mark
   * a new dockerd.
   */
  public DocephDaemon start() {
    var command = new ArrayList<>(prefix);
    command.add(executable());
    command.add("serve");
    var builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(name -> name.startsWith("DOCEPH_"));
    builder.environment().putAll(environment);
    builder.redirectInput(Path.of("/dev/null").toFile()).redirectErrorStream(true);
    try {
      Files.createDirectories(directory);
      builder.redirectOutput(ProcessBuilder.Redirect.appendTo(logFile().toFile()));
      Process started = builder.start();
      process = started;
      Await.until("doceph serve answers", START, () -> !started.isAlive() || answers());
      if (!started.isAlive()) {
        throw new AssertionError("doceph ended with " + started.exitValue() + ":\n" + log());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    CallRecorder recorder = front;
    if (recorder != null) {
      recorder.open(socket());
    }
    return this;
  }

  /** Whether the program runs. */
  public boolean isAlive() {
    Process current = process;
    return current != null && current.isAlive();
  }

  /** Kills it with SIGKILL and leaves everything as it lies. */
  public void kill9() {
    end(true);
  }

  /** Stops it as systemd would and waits for its end. */
  public void term() {
    end(false);
  }

  /** Stops it in good order and starts it again. */
  public void restart() {
    term();
    start();
  }

  /** What it has written to its outputs so far, in all its lives. */
  public String log() {
    try {
      return Files.exists(logFile()) ? Files.readString(logFile()) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A new connection to its socket. */
  public PluginClient client() {
    return new PluginClient(socket());
  }

  /** The process id on this machine of the daemon itself. */
  public long pid() {
    return program().pid();
  }

  /** The program that integration tests drive. */
  public static String executable() {
    return Path.of(System.getProperty("doceph.executable", "target/doceph"))
        .toAbsolutePath()
        .toString();
  }

  private boolean answers() {
    if (!Files.exists(socket())) {
      return false;
    }
    try (PluginClient client = client()) {
      return client.post("/VolumeDriver.Capabilities", "{}\n").status() == 200;
    } catch (UncheckedIOException e) {
      return false;
    }
  }

  // nsenter waits for its one child, the daemon, and passes no signal on: the signal goes to the
  // child.
  private ProcessHandle program() {
    Process current = process;
    if (current == null) {
      throw new IllegalStateException("doceph was not started");
    }
    return prefix.isEmpty()
        ? current.toHandle()
        : current.children().findFirst().orElse(current.toHandle());
  }

  private void end(boolean force) {
    Process current = process;
    if (current == null || !current.isAlive()) {
      return;
    }
    CallRecorder recorder = front;
    if (recorder != null) {
      tell(recorder, force);
    }
    ProcessHandle program = program();
    boolean sent = force ? program.destroyForcibly() : program.destroy();
    try {
      if (!current.waitFor(START.toSeconds(), TimeUnit.SECONDS)) {
        program.destroyForcibly();
        throw new AssertionError("doceph does not end (signal sent: " + sent + "):\n" + log());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private static void tell(CallRecorder recorder, boolean killed) {
    if (killed) {
      recorder.refuse();
    } else {
      recorder.close();
    }
  }

  private Path logFile() {
    return directory.resolve("doceph.log");
  }

  /** Kills it if it still runs; what it mounted stays. */
  @Override
  public void close() {
    kill9();
  }
}
