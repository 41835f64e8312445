package io.doceph.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.doceph.rig.Await;
import io.doceph.rig.CephRig;
import io.doceph.rig.Command;
import io.doceph.rig.DocephDaemon;
import io.doceph.rig.PluginClient;
import io.doceph.volume.CutPoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The daemon is killed after each single step of each operation. The next one finishes or undoes
 * it, the same call then succeeds, and nothing is lost or left over.
 */
class CutIT {
  /**
   * Cut while the image is being deleted, its entry in the index outlives it: for five minutes an
   * image may still be on its way into the trash.
   */
  private static final Duration DELETED = Duration.ofMinutes(6);

  private static final String DATA = "written before the cut";

  private final Bed bed = Bed.make();

  @BeforeEach
  void testBed() throws IOException {
    Files.writeString(bed.path("state/.test-bed"), "");
  }

  @AfterEach
  void stop() {
    bed.close();
  }

  @ParameterizedTest
  @EnumSource(CutPoint.class)
  @Tag("rig")
  void loop(CutPoint step) throws IOException {
    assumeTrue(Bed.isRoot(), "loop devices need root");
    cutAndMend(step, "loop");
  }

  static Stream<CutPoint> stepsOfDirectories() {
    return Stream.of(CutPoint.values()).filter(CutIT::isOfDirectories);
  }

  @ParameterizedTest
  @MethodSource("stepsOfDirectories")
  void vfs(CutPoint step) throws IOException {
    cutAndMend(step, "vfs");
  }

  /** What the cut leaves in the cluster is taken away as well, and only that. */
  @ParameterizedTest
  @EnumSource(CutPoint.class)
  @Tag("rig")
  void rbd(CutPoint step) throws IOException {
    assumeTrue(Bed.isRoot(), "the rig needs root");
    String others = "volumes/doceph-new.of-another-host." + step.text();
    ceph().rbd("create", "--size", "1M", others).succeeded();
    try {
      cutAndMend(step, "rbd");
    } finally {
      ceph().rbd("rm", "--no-progress", others).succeeded();
    }
  }

  private static CephRig ceph() {
    return CephRig.shared();
  }

  private String[] settings(String backend, String... more) {
    if (backend.equals("rbd")) {
      return bed.onCeph(more);
    }
    return Stream.concat(Stream.of("DOCEPH_BACKEND", backend), Stream.of(more))
        .toArray(String[]::new);
  }

  private void cutAndMend(CutPoint step, String backend) throws IOException {
    // Given a volume "old" with data, and for a Remove, Unmount or Grow in the state that it needs
    DocephDaemon healthy = bed.start(settings(backend));
    try (Plugin plugin = new Plugin(healthy)) {
      prepare(plugin, step);
    }
    healthy.term();

    // When a daemon dies at this step of the operation
    DocephDaemon doomed = bed.start(settings(backend, "DOCEPH_FAULT_KILL_AT", step.text()));
    try (Plugin plugin = new Plugin(doomed)) {
      assertThat(dies(plugin, step)).as("the operation must reach the step " + step).isTrue();
    }
    Await.until("the daemon is dead", Bed.SOON, () -> !doomed.isAlive());

    // Then the next one knows at once what is true
    healthy.start();
    try (Plugin plugin = new Plugin(healthy)) {
      assertThat(plugin.names()).isSubsetOf("old", "new");
      // and settles what was begun
      Await.until("all is settled", Bed.SOON, () -> isSettled(plugin));
      assertNoneIsLost(plugin, step);

      // and the same call succeeds
      again(plugin, step);
      assertThat(isSettled(plugin)).as(doctor().toString()).isTrue();
      if (backend.equals("rbd")) {
        assertTheClusterHasOnly(plugin.names());
      }
      removeAll(plugin);
      if (backend.equals("rbd")) {
        assertTheClusterHasOnly(List.of());
      }
    }
    assertThat(bed.mounts()).isEmpty();
    assertThat(bed.loops()).isEmpty();
    if (backend.equals("rbd")) {
      assertThat(bed.names("host/state")).isEmpty();
      assertThat(bed.names("run/rbd-maps"))
          .allSatisfy(boot -> assertThat(bed.names("run/rbd-maps/" + boot)).isEmpty());
      assertThat(bed.names("state/rbd-unfinished")).isEmpty();
    } else {
      assertThat(bed.names(backend)).containsExactly(".doceph");
      assertThat(bed.names(backend + "/.doceph")).isSubsetOf("new", "removed");
      assertThat(bed.names(backend + "/.doceph/new")).isEmpty();
    }
    assertThat(bed.names("mnt")).isEmpty();
    assertThat(bed.names("run/mounts")).isEmpty();
    assertThat(bed.names("run/prepare")).isEmpty();
  }

  /** Images, index and trash of the pool; deleting from the trash happens by itself. */
  private static void assertTheClusterHasOnly(List<String> volumes) {
    Await.until(
        "what was removed is deleted from the trash",
        DELETED,
        () -> keys().stream().noneMatch(key -> key.startsWith("/trash/")));
    assertThat(keys()).isEqualTo(volumes);
    assertThat(ceph().rbd("ls", "volumes").succeeded().out().lines())
        .filteredOn(image -> !image.startsWith("doceph-new.of-another-host."))
        .containsExactlyElementsOf(volumes);
    assertThat(ceph().rbd("trash", "ls", "--all", "volumes").succeeded().out()).isEmpty();
  }

  private static List<String> keys() {
    return ceph().rados("-p", "volumes", "listomapkeys", "doceph.index").out().lines().toList();
  }

  private static void prepare(Plugin plugin, CutPoint step) throws IOException {
    plugin.create("old", "");
    Files.writeString(plugin.mount("old", "c1").resolve("f"), DATA);
    if (!step.name().startsWith("UNMOUNT")) {
      plugin.unmount("old", "c1");
    }
  }

  /** Makes the call that reaches the step; whether the daemon ended instead of answering. */
  private boolean dies(Plugin plugin, CutPoint step) {
    try {
      if (operation(step).equals("GROW")) {
        return bed.cli("grow", "old", "32M").exit() == 6;
      }
      PluginClient.Answer answer = call(plugin, step);
      throw new AssertionError("answered: " + answer);
    } catch (UncheckedIOException e) {
      return true;
    }
  }

  private static PluginClient.Answer call(Plugin plugin, CutPoint step) {
    return switch (operation(step)) {
      // With a mode: its root is mounted and prepared.
      case "CREATE" -> plugin.tryCreate("new", "\"mode\":\"0750\"");
      case "MOUNT" -> plugin.tryMount("old", "c2");
      case "UNMOUNT" -> plugin.tryUnmount("old", "c1");
      case "REMOVE" -> plugin.tryRemove("old");
      default -> throw new AssertionError("no call for " + step);
    };
  }

  private void again(Plugin plugin, CutPoint step) throws IOException {
    switch (operation(step)) {
      case "GROW" -> {
        bed.cli("grow", "old", "32M").succeeded();
        long blocks = Files.getFileStore(plugin.mount("old", "c3")).getTotalSpace();
        assertThat(blocks).isGreaterThan(20L << 20);
        plugin.unmount("old", "c3");
      }
      case "REMOVE" -> {
        Plugin.succeeded(call(plugin, step));
        assertThat(plugin.names()).isEmpty();
        plugin.create("old", "");
        assertThat(plugin.mount("old", "c3")).isEmptyDirectory();
        plugin.unmount("old", "c3");
      }
      case "CREATE" -> {
        Plugin.succeeded(call(plugin, step));
        assertThat(plugin.names()).containsExactly("new", "old");
        assertThat(plugin.mount("new", "c3")).isEmptyDirectory();
        plugin.unmount("new", "c3");
      }
      case "MOUNT" -> {
        Path mountpoint = Path.of(Plugin.succeeded(call(plugin, step)).path("Mountpoint").asText());
        assertThat(mountpoint.resolve("f")).hasContent(DATA);
        plugin.unmount("old", "c2");
      }
      default -> Plugin.succeeded(call(plugin, step));
    }
  }

  /** What was promised before the cut is kept, whatever the cut. */
  private static void assertNoneIsLost(Plugin plugin, CutPoint step) {
    if (operation(step).equals("REMOVE") && !plugin.names().contains("old")) {
      return;
    }
    assertThat(plugin.names()).contains("old");
    assertThat(plugin.mount("old", "c3").resolve("f")).hasContent(DATA);
    plugin.unmount("old", "c3");
  }

  private static void removeAll(Plugin plugin) {
    for (String name : plugin.names()) {
      for (String holder : List.of("c1", "c2", "c3")) {
        plugin.unmount(name, holder);
      }
      plugin.remove(name);
    }
  }

  /**
   * Whether nothing is unfinished or left over. That a volume's grow waits for its next mount, and
   * what this machine lacks, is another matter.
   */
  private boolean isSettled(Plugin plugin) {
    for (JsonNode check : doctor().path("checks")) {
      String name = check.path("name").asText();
      boolean ours =
          name.startsWith("volume ")
              || List.of("registry and kernel", "unfinished volume").contains(name)
              || name.startsWith("left-over")
              || name.equals("mount registry");
      boolean waits = check.path("detail").asText().contains("grow was interrupted");
      if (ours && !waits && !check.path("status").asText().equals("ok")) {
        return false;
      }
    }
    long mounted =
        plugin.names().stream().filter(name -> plugin.volume(name).has("Mountpoint")).count();
    // What stands for the kernel's RBD has mounts of its own there.
    long mounts = bed.mounts().stream().filter(m -> !m.startsWith(bed.path("host") + "/")).count();
    return mounts <= mounted && bed.loops().size() <= mounted;
  }

  private JsonNode doctor() {
    Command.Result result = bed.cli("doctor", "--json");
    return new PluginClient.Answer(0, result.out(), "").json();
  }

  private static String operation(CutPoint step) {
    return step.name().substring(0, step.name().indexOf('_'));
  }

  /** A directory has no device, no filesystem and no size. */
  private static boolean isOfDirectories(CutPoint step) {
    return switch (step) {
      case CREATE_FORMATTED,
          CREATE_ROOT_MOUNTED,
          CREATE_ROOT_PREPARED,
          CREATE_DETACHED,
          MOUNT_ATTACHED,
          MOUNT_MOUNTED,
          UNMOUNT_UNMOUNTED,
          GROW_DESCRIBED,
          GROW_DATA,
          GROW_FILESYSTEM ->
          false;
      default -> true;
    };
  }
}
