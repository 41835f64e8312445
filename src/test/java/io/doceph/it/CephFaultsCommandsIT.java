package io.doceph.it;

import static io.doceph.it.CephBed.assertLooksAtOnce;
import static io.doceph.it.CephBed.assertRefused;
import static io.doceph.it.CephFaultsIT.awaitProblem;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.doceph.rig.Await;
import io.doceph.rig.Command;
import io.doceph.rig.PluginClient;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The cluster is down when an administrator asks for something: the command ends by its deadline
 * with one sentence, what only looks is answered at once meanwhile, nothing half made remains, and
 * the same command succeeds when the cluster is back.
 */
@Tag("rig")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class CephFaultsCommandsIT extends CephFaults {
  /** How commands end when something that they need does not answer. */
  private static final int UNAVAILABLE = 6;

  @Test
  void growingAndStealingFailWhileTheOsdHangs() throws IOException {
    try (Plugin plugin = new Plugin(ceph.start())) {
      // Given a volume that is mounted here, and one that somebody else has open; a mounted ext4
      // grows only with CAP_SYS_RESOURCE
      plugin.create("grown", "\"fs\":\"xfs\",\"size\":\"300MiB\"");
      Path there = plugin.mount("grown", "c1");
      Files.writeString(there.resolve("f"), "kept");
      long room = there.toFile().getTotalSpace();
      plugin.create("stolen", "");
      try (ForeignClient other = ForeignClient.open(ceph, "stolen")) {
        rig.pauseOsd();

        assertFail(
            plugin,
            "grown",
            List.of(List.of("grow", "grown", "400MiB"), List.of("steal", "stolen", "--yes")));
        assertThat(blocklist()).doesNotContain(other.address());

        // When it is back, then nothing was done
        rig.resumeOsd();
        awaitProblem(plugin, "grown", false);
        assertSize(plugin, "300");
        assertThat(CephHost.watchers(rig, "stolen")).containsExactly(other.address());

        // When they are asked for again, then the one has more room where it is mounted
        awaitDone("grow", "grown", "400MiB");
        assertSize(plugin, "400");
        assertThat(there.toFile().getTotalSpace()).isGreaterThan(room + (80L << 20));
        assertThat(there.resolve("f")).hasContent("kept");
        awaitProblem(plugin, "grown", false);

        // and of the other the one who had it is cut off
        awaitDone("steal", "stolen", "--yes");
        assertThat(blocklist()).contains(other.address());
        assertThat(CephHost.watchers(rig, "stolen")).isEmpty();
      }
      assertThat(plugin.mount("stolen", "c2")).isEmptyDirectory();
      plugin.unmount("stolen", "c2");
      plugin.unmount("grown", "c1");
      plugin.remove("stolen");
      plugin.remove("grown");
      ceph.assertNothingIsLeft();
    }
  }

  private void assertSize(Plugin plugin, String mebibytes) {
    assertThat(plugin.volume("grown").path("Status").path("size").asText())
        .isEqualTo(mebibytes + "MiB");
    assertThat(rig.rbd("info", "volumes/grown").succeeded().out())
        .contains("size " + mebibytes + " MiB");
  }

  private String blocklist() {
    return rig.ceph("osd", "blocklist", "ls").succeeded().out();
  }

  @Test
  void protectingAndChangingAccessFailWhileTheMonIsStopped() throws IOException {
    try (Plugin plugin = new Plugin(ceph.start())) {
      plugin.create("safe", "");
      plugin.create("read", "");
      write(plugin, "read");
      rig.stopMon();

      assertFail(
          plugin, "safe", List.of(List.of("protect", "safe"), List.of("access", "read", "ro")));

      // When it is back, then nothing was done
      rig.startMon();
      awaitProblem(plugin, "safe", false);
      assertThat(isSet(plugin, "safe", "protected")).isFalse();
      assertThat(isSet(plugin, "read", "ro")).isFalse();
      assertThat(isSet(plugin, "read", "changing-access")).isFalse();

      // When they are asked for again, then the one is not removed, and the other one is only read
      awaitDone("protect", "safe");
      assertRefused(() -> plugin.tryRemove("safe"), "volume safe is protected from being removed");
      awaitDone("access", "read", "ro");
      assertOnlyRead(plugin, "read");
      awaitDone("unprotect", "safe");
      plugin.remove("safe");
      plugin.remove("read");
      ceph.assertNothingIsLeft();
    }
  }

  private static boolean isSet(Plugin plugin, String volume, String option) {
    return plugin.volume(volume).path("Opts").path(option).asBoolean();
  }

  @Test
  void aChangeOfAccessIsCutShortBeforeTheIndexKnowsIt() throws IOException {
    try (Plugin plugin = new Plugin(ceph.start())) {
      plugin.create("v", "");
      write(plugin, "v");

      CompletableFuture<Command.Result> cut = new CompletableFuture<>();
      PluginClient.Answer unused =
          ceph.faultAt(
              "rados",
              " setomapval *changing-access",
              rig::pauseOsd,
              () -> {
                cut.complete(ceph.bed().cli("access", "v", "ro"));
                return new PluginClient.Answer(0, "{}", "");
              });

      assertFailed(cut.join());
      assertLooksAtOnce(plugin, "v");

      // When it is back, whatever the index says by then, then the same command finishes it
      rig.resumeOsd();
      awaitProblem(plugin, "v", false);
      awaitDone("access", "v", "ro");
      assertOnlyRead(plugin, "v");
      // and it goes back as well
      awaitDone("access", "v", "rw");
      write(plugin, "v");
      plugin.remove("v");
      ceph.assertNothingIsLeft();
    }
  }

  private static void write(Plugin plugin, String volume) throws IOException {
    Files.writeString(plugin.mount(volume, "c1").resolve("f"), "kept");
    plugin.unmount(volume, "c1");
  }

  private static void assertOnlyRead(Plugin plugin, String volume) {
    Path there = plugin.mount(volume, "c2");
    assertThat(there.resolve("f")).hasContent("kept");
    assertThatThrownBy(() -> Files.writeString(there.resolve("g"), "x"))
        .isInstanceOf(FileSystemException.class)
        .hasMessageContaining("Read-only file system");
    plugin.unmount(volume, "c2");
  }

  /** All of these fail by their deadlines when they are asked for at once; looking goes on. */
  private void assertFail(Plugin plugin, String known, List<List<String>> commands) {
    long begin = System.nanoTime();
    List<CompletableFuture<Command.Result>> running =
        commands.stream()
            .map(words -> words.toArray(String[]::new))
            .map(
                words ->
                    CompletableFuture.supplyAsync(() -> ceph.bed().cli(words), CephBed.THREADS))
            .toList();
    do {
      assertLooksAtOnce(plugin, known);
    } while (!running.stream().allMatch(CompletableFuture::isDone));
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(CephBed.BOUND);
    running.forEach(result -> assertFailed(result.join()));
  }

  /** One line that names the cluster and what to do. */
  private static void assertFailed(Command.Result result) {
    assertThat(result.exit()).as(result.toString()).isEqualTo(UNAVAILABLE);
    assertThat(result.out()).isEmpty();
    assertThat(result.err())
        .startsWith("doceph: ")
        .contains("the Ceph cluster", "`ceph status`")
        .doesNotContain("\n", "Exception", "io.doceph", "java.");
  }

  /** The same command succeeds without anybody's help. */
  private void awaitDone(String... command) {
    Await.until(
        () -> "the same command succeeds: " + ceph.bed().cli(command),
        CephBed.SOON,
        () -> ceph.bed().cli(command).exit() == 0);
  }
}
