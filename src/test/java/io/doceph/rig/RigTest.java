package io.doceph.rig;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A story with a real dockerd. Each starts its own daemon, with its own directories, behind the one
 * recorder; and after each one nothing may be left: no container, no volume, no mount, no loop
 * device, and nothing in the Ceph cluster.
 */
@Tag("rig")
@ExtendWith(RigExtension.class)
abstract class RigTest {
  /** The plugin's name for dockerd: that of its socket. */
  static final String DRIVER = "doceph";

  /** More than anything may take that happens by itself. */
  static final Duration SOON = Duration.ofSeconds(30);

  private static final AtomicInteger STORIES = new AtomicInteger();

  private final List<DocephDaemon> daemons = new ArrayList<>();
  private final List<Path> discovery = new ArrayList<>();
  private final List<RbdHost> hosts = new ArrayList<>();
  private RigExtension.@Nullable Bench bench;
  private int story;

  final void begin(RigExtension.Bench shared) {
    bench = shared;
    story = STORIES.incrementAndGet();
    shared.recorder().reset();
  }

  /** Takes away what the story left and insists that nothing is left then. */
  final void end(boolean failed) {
    if (failed) {
      tell();
    }
    calls().reset();
    daemons.stream().filter(daemon -> !daemon.isAlive()).forEach(DocephDaemon::start);
    rig().ensureDockerd();
    removeContainers();
    removeVolumes();
    try {
      if (!failed) {
        requireNothingLeft();
      }
    } catch (AssertionError e) {
      tell();
      throw e;
    } finally {
      daemons.forEach(DocephDaemon::term);
      hosts.forEach(RbdHost::close);
      forgetOtherPlugins();
    }
  }

  private void requireNothingLeft() {
    List<String> left = daemons.stream().flatMap(daemon -> leftBy(daemon).stream()).toList();
    assertThat(left).as("mounts, maps and loop devices left behind").isEmpty();
    hosts.forEach(RbdHost::requireAsBefore);
  }

  /**
   * A running daemon, beside dockerd, whose volumes are of this backend unless a call says
   * otherwise.
   */
  final DocephDaemon doceph(String backend) {
    return doceph(backend, Map.of());
  }

  /** The same with more settings, as environment variables. */
  final DocephDaemon doceph(String backend, Map<String, String> settings) {
    return unstarted(backend, settings).behind(calls()).start();
  }

  /** A daemon that is not started and that the recorder does not know. */
  final DocephDaemon unstarted(String backend, Map<String, String> settings) {
    Map<String, String> all = new HashMap<>(settings);
    all.putIfAbsent("DOCEPH_BACKEND", backend);
    String name = "s" + story + "-" + daemons.size();
    Path directory = rig().directory().resolve(name);
    boolean rbd = backend.equals("rbd");
    if (rbd) {
      RbdHost host = RbdHost.make(name, directory.resolve("host"));
      hosts.add(host);
      host.settings().forEach(all::putIfAbsent);
    }
    var daemon =
        new DocephDaemon(rbd ? rig().insideOnTheMachinesNetwork() : rig().inside(), directory, all);
    daemons.add(daemon);
    return daemon;
  }

  /** A file in one of dockerd's discovery directories that ends with this story. */
  final Path discovery(Path file) {
    discovery.add(file);
    return file;
  }

  /** A volume's name that no other story has. */
  final String volume(String name) {
    return name + story;
  }

  final DockerRig rig() {
    return bench().rig();
  }

  final CallRecorder calls() {
    return bench().recorder();
  }

  /** Runs a docker command that must succeed; what it printed. */
  final String docker(String... arguments) {
    return rig().docker(arguments).succeeded().out();
  }

  /**
   * Runs this in a shell in a container of its own that has the volume at /data; what it printed.
   */
  final String inContainer(String volume, String script) {
    return docker("run", "--rm", "-v", volume + ":/data", "bb:1", "sh", "-c", script);
  }

  /** Starts a container that waits, with the volume at /data; its id. */
  final String hold(String volume, String... flags) {
    var arguments = new ArrayList<>(List.of("run", "-d", "-v", volume + ":/data"));
    arguments.addAll(Arrays.asList(flags));
    arguments.add("bb:hold");
    return docker(arguments.toArray(String[]::new));
  }

  /** Runs a command of the command line on the daemon's socket, beside dockerd. */
  final Command.Result cli(DocephDaemon daemon, String... arguments) {
    var command = new ArrayList<>(List.of(DocephDaemon.executable()));
    command.addAll(List.of(arguments));
    command.addAll(List.of("--socket", daemon.socket().toString()));
    return rig().inside(command.toArray(String[]::new));
  }

  /** The story's latest daemon on the Ceph cluster. */
  final RbdHost host() {
    return hosts.getLast();
  }

  /** What the daemon has mounted and mapped now, and the loop devices it holds. */
  final List<String> leftBy(DocephDaemon daemon) {
    var left = new ArrayList<>(rig().mountsBelow(daemon.mountRoot()));
    left.addAll(rig().loopsBelow(daemon.directory()));
    hosts.stream()
        .filter(host -> host.directory().startsWith(daemon.directory()))
        .forEach(host -> left.addAll(host.maps()));
    return left;
  }

  private RigExtension.Bench bench() {
    RigExtension.Bench current = bench;
    if (current == null) {
      throw new IllegalStateException("no story has begun");
    }
    return current;
  }

  // dockerd calls every plugin that it ever met for each list, until it is restarted.
  private void forgetOtherPlugins() {
    if (discovery.isEmpty()) {
      rig().withoutFlags();
    } else {
      discovery.forEach(RigTest::delete);
      rig().restartDockerd();
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void removeContainers() {
    List<String> ids = docker("ps", "-aq").lines().toList();
    if (!ids.isEmpty()) {
      var arguments = new ArrayList<>(List.of("rm", "-f", "-v"));
      arguments.addAll(ids);
      rig().docker(arguments.toArray(String[]::new));
    }
  }

  private void removeVolumes() {
    List<String> names = docker("volume", "ls", "-q").lines().toList();
    if (!names.isEmpty()) {
      var arguments = new ArrayList<>(List.of("volume", "rm", "-f"));
      arguments.addAll(names);
      rig().docker(arguments.toArray(String[]::new));
    }
  }

  private void tell() {
    var text = new StringBuilder("--- what dockerd asked ---\n");
    calls().calls().forEach(call -> text.append(call).append('\n'));
    daemons.forEach(
        daemon ->
            text.append("--- ")
                .append(daemon.directory())
                .append(" ---\n")
                .append(String.join("\n", leftBy(daemon)))
                .append('\n')
                .append(daemon.log()));
    System.err.println(text);
  }
}
