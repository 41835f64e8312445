package io.doceph.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.doceph.rig.Await;
import io.doceph.rig.CephRig;
import io.doceph.rig.Command;
import io.doceph.rig.DocephDaemon;
import io.doceph.rig.PluginClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * One of several hosts on a cluster, all on this machine: a daemon with a state, a socket,
 * mountpoints and maps of its own.
 */
final class CephHost implements AutoCloseable {
  private final CephRig rig;
  private final Bed bed = Bed.make();
  private final Path maps = bed.path("maps");
  private final DocephDaemon daemon;
  private final Plugin plugin;

  /**
   * A host whose daemon is not started yet.
   *
   * @param inside words before the daemon's command
   * @param changes pairs of variable and value
   */
  CephHost(CephRig rig, String name, List<String> inside, String... changes) {
    this.rig = rig;
    Path shim = rig.shim(maps);
    var settings = bed.settings(changes);
    settings.put("DOCEPH_BACKEND", "rbd");
    settings.put("DOCEPH_BACKENDS", "rbd");
    settings.put("DOCEPH_RBD_CONF", rig.conf().toString());
    settings.put("DOCEPH_TOOLS_RBD", shim.toString());
    settings.put("DOCEPH_RBD_REMOVE", "delete");
    settings.put("DOCEPH_HOST_NAME", name);
    settings.put("DOCEPH_REFRESH_INTERVAL", "1s");
    settings.put("DOCEPH_DEFAULT_SIZE", "16MiB");
    for (int i = 0; i < changes.length; i += 2) {
      settings.put(changes[i], changes[i + 1]);
    }
    daemon = new DocephDaemon(inside, bed.path(""), settings);
    plugin = new Plugin(daemon);
  }

  CephHost start() {
    daemon.start();
    return this;
  }

  Plugin plugin() {
    return plugin;
  }

  DocephDaemon daemon() {
    return daemon;
  }

  /** Everything on it ends at once, the kernel's clients of the cluster too. */
  void powerCut() {
    daemon.kill9();
    rig.crash(maps);
    plugin.close();
  }

  /** Starts it after a power cut: what a reboot voids is gone. */
  void boot() {
    try (Stream<Path> tree = Files.walk(bed.path("run"))) {
      for (Path file : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    start();
  }

  /** What Docker shows of a volume besides Docker's own members. */
  JsonNode status(String volume) {
    return plugin.volume(volume).path("Status");
  }

  /** The detail of doctor's check of this name; empty when it has none. */
  String doctor(String check) {
    Command.Result report = bed.cli("doctor", "--json");
    for (JsonNode each : new PluginClient.Answer(0, report.out(), "").json().path("checks")) {
      if (each.path("name").asText().equals(check)) {
        return each.path("detail").asText();
      }
    }
    return "";
  }

  /** Asks the daemon's own API. */
  PluginClient.Answer post(String path, String body) {
    try (PluginClient client = daemon.client()) {
      return client.post(path, body, "Content-Type: application/json");
    }
  }

  /** A command of the command line, on this host. */
  Command.Result cli(String... arguments) {
    return bed.cli(arguments);
  }

  /** Where volumes are mounted on it. */
  List<String> mounts() {
    return bed.mounts().stream().filter(m -> m.startsWith(bed.path("mnt") + "/")).toList();
  }

  /** What is mapped on it, or half mapped. */
  List<String> maps() {
    return bed.names("maps/state");
  }

  /** Takes away what this host's story has left in the cluster and insists that this is all. */
  void assertNothingLeft() {
    assertThat(mounts()).isEmpty();
    assertThat(maps()).isEmpty();
    assertThat(bed.loops()).isEmpty();
  }

  /** Insists that no volume and no trace of one is left in the cluster. */
  static void assertClusterEmpty(CephRig rig) {
    assertThat(rig.rbd("ls", "volumes").succeeded().out()).isEmpty();
    Await.until(
        "the trash is empty",
        Bed.SOON,
        () -> rig.rbd("trash", "ls", "volumes").succeeded().out().isEmpty());
    Await.until(
        "the index is empty",
        Bed.SOON,
        () -> rig.rados("-p", "volumes", "listomapkeys", "doceph.index").out().isEmpty());
  }

  /** Takes away whatever is in the cluster's pool, and whoever is cut off may come back. */
  static void empty(CephRig rig) {
    Await.until(
        "all images are removed, those of crashed clients too", Bed.SOON, () -> removeImages(rig));
    rig.rbd("trash", "purge", "--no-progress", "volumes");
    for (String object : List.of("doceph.index", "doceph.name")) {
      rig.rados("-p", "volumes", "ls")
          .succeeded()
          .out()
          .lines()
          .filter(o -> o.startsWith(object))
          .forEach(o -> rig.rados("-p", "volumes", "rm", o));
    }
    rig.ceph("osd", "blocklist", "clear").succeeded();
  }

  private static boolean removeImages(CephRig rig) {
    for (String image : rig.rbd("ls", "volumes").succeeded().out().lines().toList()) {
      rig.rbd("snap", "purge", "--no-progress", "volumes/" + image);
      rig.rbd("rm", "--no-progress", "volumes/" + image);
    }
    return rig.rbd("ls", "volumes").succeeded().out().isEmpty();
  }

  /** The clients that have the volume's image open, by their addresses. */
  static List<String> watchers(CephRig rig, String volume) {
    String json = rig.rbd("status", "--format", "json", "volumes/" + volume).succeeded().out();
    JsonNode watchers = new PluginClient.Answer(0, json, "").json().path("watchers");
    return watchers.findValuesAsText("address");
  }

  @Override
  public void close() {
    plugin.close();
    daemon.close();
    rig.crash(maps); // nothing of it hangs, whatever the cluster does
    bed.close();
  }
}
