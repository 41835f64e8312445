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

/**
 * A Debian with a real systemd and Docker, in a container of systemd-nspawn, by way of {@code
 * src/test/rig/machine}, in a scratch directory that ends with it. It shares this machine's kernel
 * and network, so that a Ceph cluster here can be reached. It ends with this process, even when
 * this process is killed.
 */
public final class BootedMachine implements AutoCloseable {
  private static final Path SCRIPTS = Path.of("src/test/rig").toAbsolutePath();

  /** Making the root file system takes some minutes, once. */
  private static final Duration DEADLINE = Duration.ofMinutes(15);

  private final Path directory;
  private final Map<String, String> environment;

  private BootedMachine(Path directory, List<Path> shared) {
    this.directory = directory;
    environment = new HashMap<>();
    environment.put("RIG_DIR", directory.toString());
    environment.put("RIG_OWNER", Long.toString(ProcessHandle.current().pid()));
    environment.put("RIG_SHARED", String.join(":", shared.stream().map(Path::toString).toList()));
  }

  /**
   * Installs what is missing and boots a machine.
   *
   * @param shared directories that it sees under the same paths as this machine
   */
  public static BootedMachine up(Path... shared) {
    try {
      Command.of(SCRIPTS.resolve("install").toString()).run().succeeded();
      var machine =
          new BootedMachine(Files.createTempDirectory(Path.of("/tmp"), "machine"), List.of(shared));
      machine.boot();
      return machine;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The scratch directory, outside. */
  Path directory() {
    return directory;
  }

  /** A directory that has the same path inside and outside. */
  public Path shared() {
    return directory.resolve("shared");
  }

  /** Runs a program inside, in root's environment. */
  public Command.Result run(String... command) {
    var words = new ArrayList<>(List.of("exec"));
    words.addAll(List.of(command));
    return script(words.toArray(String[]::new));
  }

  /** Runs a shell script inside that must succeed; what it printed. */
  public String sh(String script) {
    return run("bash", "-euo", "pipefail", "-c", script).succeeded().out();
  }

  /** Writes a file inside, with mode 0644. */
  public void write(String path, String text) {
    try {
      Path file = Files.writeString(shared().resolve("file"), text);
      sh("install -D -m 0644 %s %s".formatted(file, path));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Shuts it down in good order and boots it again. */
  public void reboot() {
    script("reboot").succeeded();
  }

  /** Cuts its power. */
  public void cutPower() {
    script("kill").succeeded();
  }

  /** Whether it runs, booted or booting. */
  public boolean isUp() {
    return !script("status").out().equals("down");
  }

  /** Boots it, if it does not run, and waits until all has started. */
  public void boot() {
    script("up").succeeded();
  }

  /** Ends it and deletes the directory. */
  @Override
  public void close() {
    script("down").succeeded();
  }

  private Command.Result script(String... arguments) {
    var command = new ArrayList<>(List.of(SCRIPTS.resolve("machine").toString()));
    command.addAll(List.of(arguments));
    return new Command(command, environment, DEADLINE).run();
  }
}
