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
import org.jspecify.annotations.Nullable;

/**
 * A real Ceph cluster of one node, by way of {@code src/test/rig/ceph}, in a scratch directory that
 * ends with it. It has the pools {@code volumes} (with the namespace {@code team1}), {@code ssd}
 * and {@code ecdata}, and the users {@code docker}, {@code cinder} and {@code nocaps}. Everything
 * in it ends with this process, even when this process is killed.
 */
public final class CephRig implements AutoCloseable {
  private static final Path SCRIPTS = Path.of("src/test/rig").toAbsolutePath();
  private static final Duration DEADLINE = Duration.ofMinutes(3);

  private static @Nullable CephRig shared;

  private final Path directory;
  private final Map<String, String> environment;

  private CephRig(Path directory, Map<String, String> settings) {
    this.directory = directory;
    environment = new HashMap<>(settings);
    environment.put("RIG_DIR", directory.toString());
    environment.put("RIG_OWNER", Long.toString(ProcessHandle.current().pid()));
  }

  /** Installs what is missing and starts a cluster. */
  public static CephRig up() {
    return up(Map.of());
  }

  /** The same with settings of the script, e.g. {@code WATCH_TIMEOUT} or {@code OBJECTSTORE}. */
  public static CephRig up(Map<String, String> settings) {
    try {
      Command.of(SCRIPTS.resolve("install").toString()).run().succeeded();
      // Short, as everything is that may hold a socket.
      var rig = new CephRig(Files.createTempDirectory(Path.of("/tmp"), "ceph"), settings);
      rig.script("up").succeeded();
      return rig;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The one cluster of the whole test run, started when it is first asked for; it goes down when
   * this process ends. Whoever uses it leaves all its daemons running and no image of his.
   */
  public static synchronized CephRig shared() {
    CephRig rig = shared;
    if (rig == null) {
      rig = up();
      Runtime.getRuntime().addShutdownHook(new Thread(rig::close, "ceph-rig-down"));
      shared = rig;
    }
    return rig;
  }

  /** The scratch directory. */
  public Path directory() {
    return directory;
  }

  /** The configuration with which a client finds the cluster and, beside it, its own keyring. */
  public Path conf() {
    return directory.resolve("ceph.conf");
  }

  /** Runs the real rbd as the administrator. */
  public Command.Result rbd(String... arguments) {
    return run(admin("/usr/bin/rbd"), arguments);
  }

  /** Runs rados as the administrator. */
  public Command.Result rados(String... arguments) {
    return run(admin("/usr/bin/rados"), arguments);
  }

  /**
   * Runs ceph as the administrator. There is no manager daemon: what asks one, like {@code ceph osd
   * df}, never ends.
   */
  public Command.Result ceph(String... arguments) {
    return run(admin("/usr/bin/ceph"), arguments);
  }

  /**
   * A drop-in {@code rbd} for one "host": it maps on any kernel and keeps in this directory what
   * this host has mapped.
   *
   * @param settings further lines for its {@code rbd.env}, e.g. {@code RBD_RIG_LOCK_WAIT=0}
   */
  public Path shim(Path host, String... settings) {
    var arguments = new ArrayList<>(List.of("shim", host.toString()));
    arguments.addAll(List.of(settings));
    script(arguments.toArray(String[]::new)).succeeded();
    return host.resolve("rbd");
  }

  /** Unmounts and unmaps all that this host has mapped, by force where it must. */
  public void unmapAll(Path host) {
    shimCommand(host, "rig-clean");
  }

  /** Cuts this host's power: its devices are gone, and its clients fall silent for the cluster. */
  public void crash(Path host) {
    shimCommand(host, "rig-crash");
  }

  /** Kills what stands for the kernel's client: this host's devices stay and only give errors. */
  public void killClients(Path host) {
    shimCommand(host, "rig-kill");
  }

  /** Stops the OSD in good order: clients wait until it is back. */
  public void stopOsd() {
    script("stop", "osd").succeeded();
  }

  /** Lets the OSD hang, with its connections open. */
  public void pauseOsd() {
    script("stop", "osd", "STOP").succeeded();
  }

  /** Lets a hanging OSD go on. */
  public void resumeOsd() {
    script("start", "osd").succeeded();
  }

  /** Kills the OSD with SIGKILL; its data stay. */
  public void killOsd() {
    script("stop", "osd", "KILL").succeeded();
  }

  /** Starts the OSD again, whatever it was stopped with. */
  public void startOsd() {
    script("start", "osd").succeeded();
  }

  /** Stops the mon in good order: new clients wait until it is back. */
  public void stopMon() {
    script("stop", "mon").succeeded();
  }

  /** Lets the mon hang, with its connections open. */
  public void pauseMon() {
    script("stop", "mon", "STOP").succeeded();
  }

  /** Lets a hanging mon go on. */
  public void resumeMon() {
    script("start", "mon").succeeded();
  }

  /** Kills the mon with SIGKILL; its data stay. */
  public void killMon() {
    script("stop", "mon", "KILL").succeeded();
  }

  /** Starts the mon again, whatever it was stopped with. */
  public void startMon() {
    script("start", "mon").succeeded();
  }

  /** Starts what has stopped and waits until the cluster serves. */
  public void ensureUp() {
    script("up").succeeded();
  }

  /** Ends every process and device of the cluster and its hosts, and deletes the directory. */
  @Override
  public void close() {
    script("down").succeeded();
  }

  private static void shimCommand(Path host, String command) {
    Command.of(host.resolve("rbd").toString(), command).run().succeeded();
  }

  private List<String> admin(String program) {
    return List.of(program, "--conf", conf().toString(), "--id", "admin");
  }

  private Command.Result script(String... arguments) {
    return run(List.of(SCRIPTS.resolve("ceph").toString()), arguments);
  }

  private Command.Result run(List<String> program, String... arguments) {
    var command = new ArrayList<>(program);
    command.addAll(List.of(arguments));
    return new Command(command, environment, DEADLINE).run();
  }
}
