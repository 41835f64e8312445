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
 * A real dockerd in namespaces of its own, by way of {@code src/test/rig/docker}, in a scratch
 * directory that ends with it. Everything in it dies with this process, even when this process is
 * killed.
 */
public final class DockerRig implements AutoCloseable {
  private static final Path SCRIPTS = Path.of("src/test/rig").toAbsolutePath();
  private static final String DOCKER = "/usr/bin/docker";
  private static final Duration DEADLINE = Duration.ofMinutes(3);

  private final Path directory;
  private boolean withFlags;

  private DockerRig(Path directory) {
    this.directory = directory;
  }

  /** Installs what is missing and starts a dockerd. */
  public static DockerRig up() {
    try {
      Command.of(SCRIPTS.resolve("install").toString()).run().succeeded();
      // Short: the path of a UNIX socket has at most 107 bytes.
      var rig = new DockerRig(Files.createTempDirectory(Path.of("/tmp"), "rig"));
      rig.script("up").succeeded();
      return rig;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The scratch directory; it has the same path inside the namespaces. */
  public Path directory() {
    return directory;
  }

  /** {@code /run/docker/plugins} as dockerd sees it. */
  public Path sockets() {
    return directory.resolve("plugins");
  }

  /** {@code /etc/docker/plugins} as dockerd sees it. */
  public Path specs() {
    return directory.resolve("etc-docker/plugins");
  }

  /** dockerd's own API. */
  public Path api() {
    return directory.resolve("docker.sock");
  }

  /** Runs Debian's docker client against this dockerd. */
  public Command.Result docker(String... arguments) {
    return run(List.of(DOCKER), arguments);
  }

  /** Runs a program beside dockerd, in its namespaces. */
  public Command.Result inside(String... arguments) {
    return run(inside(), arguments);
  }

  /**
   * The words to put before a command so that it runs beside dockerd; the program is then the only
   * child of this one.
   */
  public List<String> inside() {
    return List.of("nsenter", "--target", keeper(), "--mount", "--net", "--pid", "--");
  }

  /**
   * The same for a program that must reach this machine's own loopback address, as a Ceph cluster's
   * client must: it shares everything with dockerd but the network.
   */
  public List<String> insideOnTheMachinesNetwork() {
    return List.of("nsenter", "--target", keeper(), "--mount", "--pid", "--");
  }

  /** Stops dockerd as systemd would. */
  public void stopDockerd() {
    script("stop").succeeded();
  }

  /** Kills dockerd and its containerd with SIGKILL. */
  public void killDockerd() {
    script("stop", "KILL").succeeded();
  }

  /** Starts dockerd again with these flags and waits for its API. */
  public void startDockerd(String... flags) {
    withFlags = flags.length > 0;
    var arguments = new ArrayList<>(List.of("start"));
    arguments.addAll(List.of(flags));
    script(arguments.toArray(String[]::new)).succeeded();
  }

  /** Stops dockerd in good order and starts it again. */
  public void restartDockerd(String... flags) {
    stopDockerd();
    startDockerd(flags);
  }

  /** Starts dockerd if it does not run. */
  public void ensureDockerd() {
    script("start").succeeded();
  }

  /** Starts dockerd afresh if an earlier story has given it flags. */
  public void withoutFlags() {
    if (withFlags) {
      restartDockerd();
    }
  }

  /**
   * The lines of the mount table inside, as /proc/self/mountinfo has them, that name something
   * below this path.
   */
  public List<String> mountsBelow(Path path) {
    return inside("cat", "/proc/self/mountinfo")
        .succeeded()
        .out()
        .lines()
        .filter(line -> line.contains(" " + path + "/"))
        .toList();
  }

  /** The machine's loop devices whose file lies below this path, each with its file. */
  public List<String> loopsBelow(Path path) {
    return Command.of("losetup", "--list", "--noheadings", "--raw", "--output", "NAME,BACK-FILE")
        .run()
        .succeeded()
        .out()
        .lines()
        .filter(line -> line.contains(" " + path + "/"))
        .toList();
  }

  private String keeper() {
    try {
      return Files.readString(directory.resolve("keeper")).split(" ", -1)[0];
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Command.Result script(String... arguments) {
    return run(List.of(SCRIPTS.resolve("docker").toString()), arguments);
  }

  private Command.Result run(List<String> program, String... arguments) {
    var command = new ArrayList<>(program);
    command.addAll(List.of(arguments));
    Map<String, String> environment = new HashMap<>();
    environment.put("RIG_DIR", directory.toString());
    environment.put("RIG_OWNER", Long.toString(ProcessHandle.current().pid()));
    environment.put("DOCKER_HOST", "unix://" + api());
    environment.put("DOCKER_CONFIG", directory.resolve("cli").toString());
    return new Command(command, environment, DEADLINE).run();
  }

  /** Ends every process inside and deletes the scratch directory. */
  @Override
  public void close() {
    script("down").succeeded();
  }
}
