package io.doceph.it;

import static io.doceph.it.CephBed.assertAllWorks;
import static io.doceph.it.CephBed.assertLooksAtOnce;
import static io.doceph.it.CephBed.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.doceph.rig.Await;
import io.doceph.rig.DocephDaemon;
import io.doceph.rig.PluginClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The cluster is down before a call: what only looks is answered at once, what changes fails in one
 * sentence, nothing half made remains, and all goes on by itself when the cluster is back.
 */
@Tag("rig")
class CephFaultsIT extends CephFaults {
  private static final String[] SILENT = {"the Ceph cluster", "`ceph status`"};

  @Test
  void aDaemonStartsWithoutTheClusterAndKnowsItsVolumes() throws IOException {
    // Given a volume, and a host whose daemon starts while no monitor is there
    DocephDaemon daemon = ceph.start();
    try (Plugin plugin = new Plugin(daemon)) {
      plugin.create("known", "");
      Await.until(
          "it is written down",
          CephBed.SOON,
          () -> Files.readString(ceph.bed().path("state/known-volumes.json")).contains("known"));
    }
    daemon.term();
    rig.killMon();
    daemon.start();

    try (Plugin plugin = new Plugin(daemon)) {
      // Then it knows its volumes, and says what is wrong with them
      assertLooksAtOnce(plugin, "known");
      awaitProblem(plugin, "known", true);
      assertLooksAtOnce(plugin, "known");
      assertRefused(() -> plugin.tryMount("known", "c1"), SILENT);

      // and mounts them when the cluster is back
      rig.startMon();
      awaitProblem(plugin, "known", false);
      assertThat(plugin.mount("known", "c1")).isEmptyDirectory();
      plugin.unmount("known", "c1");
      plugin.remove("known");
      ceph.assertNothingIsLeft();
    }
  }

  @Test
  void lookingIsAnsweredAtOnceWhileTheOsdHangs() {
    lookingIsAnsweredAtOnce(rig::pauseOsd, rig::resumeOsd);
  }

  @Test
  void lookingIsAnsweredAtOnceWhileTheMonHangs() {
    lookingIsAnsweredAtOnce(rig::pauseMon, rig::resumeMon);
  }

  private void lookingIsAnsweredAtOnce(Runnable fault, Runnable mend) {
    try (Plugin plugin = new Plugin(ceph.start())) {
      plugin.create("known", "");
      Path file = plugin.mount("known", "c1");
      fault.run();

      assertLooksAtOnce(plugin, "known");
      awaitProblem(plugin, "known", true);
      assertLooksAtOnce(plugin, "known");
      assertThat(plugin.volume("known").path("Mountpoint").asText()).isEqualTo(file.toString());

      mend.run();
      awaitProblem(plugin, "known", false);
      plugin.unmount("known", "c1");
      plugin.remove("known");
      ceph.assertNothingIsLeft();
    }
  }

  @Test
  void aGetOfAnUnknownNameIsNotAnsweredWhileTheOsdHangs() {
    aGetOfAnUnknownNameIsNotAnswered(rig::pauseOsd, rig::resumeOsd);
  }

  @Test
  void aGetOfAnUnknownNameIsNotAnsweredWhileTheMonIsStopped() {
    aGetOfAnUnknownNameIsNotAnswered(rig::stopMon, rig::startMon);
  }

  private void aGetOfAnUnknownNameIsNotAnswered(Runnable fault, Runnable mend) {
    try (Plugin plugin = new Plugin(ceph.start())) {
      Plugin.refused(plugin.get("maybe"), 200);
      fault.run();

      // "There is none" would make dockerd create a local volume of that name
      assertThatThrownBy(() -> plugin.get("maybe")).isInstanceOf(UncheckedIOException.class);

      mend.run();
      Await.until("it is answered again", CephBed.SOON, () -> isAnswered(plugin, "maybe"));
      assertThat(plugin.get("maybe").err()).contains("there is no volume maybe");
    }
  }

  private static boolean isAnswered(Plugin plugin, String name) {
    try {
      return plugin.get(name).status() == 200;
    } catch (UncheckedIOException e) {
      return false;
    }
  }

  @Test
  void fiftyGetsOfUnknownNamesDoNotPileUp() {
    DocephDaemon daemon = ceph.start();
    try (Plugin plugin = new Plugin(daemon)) {
      plugin.create("known", "");
      Path unused = plugin.mount("known", "c1");
      rig.pauseOsd();

      // When dockerd asks for fifty names at once
      long begin = System.nanoTime();
      List<CompletableFuture<Boolean>> gets =
          IntStream.range(0, 50)
              .mapToObj(
                  i -> CephBed.async(daemon, p -> p.get("maybe" + i)).handle((a, e) -> e == null))
              .toList();

      // Then never more than a few commands run, everything else is answered at once
      while (!gets.stream().allMatch(CompletableFuture::isDone)) {
        assertThat(commands()).hasSizeLessThanOrEqualTo(9);
        assertLooksAtOnce(plugin, "known");
      }
      assertThat(gets.stream().filter(CompletableFuture::join)).isEmpty();
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(CephBed.BOUND);
      // and those that come later do not wait for what is known
      awaitProblem(plugin, "known", true);
      long again = System.nanoTime();
      assertThatThrownBy(() -> plugin.get("later")).isInstanceOf(UncheckedIOException.class);
      assertThat(Duration.ofNanos(System.nanoTime() - again)).isLessThan(CephBed.AT_ONCE);

      rig.resumeOsd();
      Await.until("it is answered again", CephBed.SOON, () -> isAnswered(plugin, "maybe1"));
      Await.until("no command hangs", CephBed.SOON, () -> commands().size() <= 1);
      plugin.unmount("known", "c1");
      plugin.remove("known");
      ceph.assertNothingIsLeft();
    }
  }

  private List<String> commands() {
    JsonNode info;
    try (PluginClient client = new PluginClient(ceph.bed().socket())) {
      info = client.request("GET", "/v1/info", "").json();
    }
    assertThat(info.has("commands")).isTrue();
    return IntStream.range(0, info.path("commands").size())
        .mapToObj(i -> info.path("commands").path(i).asText())
        .toList();
  }

  @Test
  void aCreateFailsWhileTheOsdHangs() throws IOException {
    aCreateFails(rig::pauseOsd, rig::resumeOsd);
  }

  @Test
  void aCreateFailsWhileTheMonIsStopped() throws IOException {
    aCreateFails(rig::stopMon, rig::startMon);
  }

  private void aCreateFails(Runnable fault, Runnable mend) throws IOException {
    try (Plugin plugin = new Plugin(ceph.start())) {
      fault.run();

      assertRefused(() -> plugin.tryCreate("v", ""), SILENT);
      // and once it is known that the cluster is silent, at once
      assertRefused(() -> plugin.tryCreate("v", ""), SILENT);

      mend.run();
      awaitSuccess(() -> plugin.tryCreate("v", ""));
      ceph.assertOnlyLeft("v");
      assertAllWorks(plugin, "v", "");
      ceph.assertNothingIsLeft();
    }
  }

  @Test
  void aMountFailsWhileTheOsdIsStopped() {
    aMountFails(rig::stopOsd, rig::startOsd);
  }

  @Test
  void aMountFailsWhileTheMonHangs() {
    aMountFails(rig::pauseMon, rig::resumeMon);
  }

  private void aMountFails(Runnable fault, Runnable mend) {
    try (Plugin plugin = new Plugin(ceph.start())) {
      plugin.create("v", "");
      fault.run();

      assertRefused(() -> plugin.tryMount("v", "c1"), "volume v", "`ceph status`");
      assertThat(ceph.bed().mounts()).isEmpty();
      assertThat(plugin.volume("v").has("Mountpoint")).isFalse();

      mend.run();
      awaitSuccess(() -> plugin.tryMount("v", "c2"));
      plugin.unmount("v", "c2");
      plugin.remove("v");
      ceph.assertNothingIsLeft();
    }
  }

  @Test
  void aRemoveFailsWhileTheOsdHangs() {
    aRemoveFails(rig::pauseOsd, rig::resumeOsd);
  }

  @Test
  void aRemoveFailsWhileTheMonIsStopped() {
    aRemoveFails(rig::stopMon, rig::startMon);
  }

  private void aRemoveFails(Runnable fault, Runnable mend) {
    try (Plugin plugin = new Plugin(ceph.start())) {
      plugin.create("v", "");
      fault.run();

      assertRefused(() -> plugin.tryRemove("v"), SILENT);
      assertThat(plugin.names()).containsExactly("v");

      mend.run();
      awaitSuccess(() -> plugin.tryRemove("v"));
      assertThat(plugin.names()).isEmpty();
      ceph.assertNothingIsLeft();
    }
  }

  @Test
  void anUnmountWhileTheOsdHangsEndsByItsDeadlineAndIsDoneLater() throws IOException {
    try (Plugin plugin = new Plugin(ceph.start())) {
      plugin.create("v", "");
      plugin.create("local", "\"backend\":\"vfs\"");
      Files.writeString(plugin.mount("v", "c1").resolve("f"), "not yet on the disk");
      rig.pauseOsd();

      assertRefused(() -> plugin.tryUnmount("v", "c1"), "volume v");
      assertLooksAtOnce(plugin, "v");
      CephBed.assertGoesOn(plugin, "local");

      rig.resumeOsd();
      awaitSuccess(() -> plugin.tryMount("v", "c1"));
      assertThat(Path.of(plugin.volume("v").path("Mountpoint").asText()).resolve("f"))
          .hasContent("not yet on the disk");
      plugin.unmount("v", "c1");
      plugin.remove("v");
      ceph.assertNothingIsLeft();
    }
  }

  @Test
  void anUnmountNeedsNoMonitor() throws IOException {
    try (Plugin plugin = new Plugin(ceph.start())) {
      plugin.create("v", "");
      Path file = plugin.mount("v", "c1").resolve("f");
      rig.killMon();
      Files.writeString(file, "written without a monitor");
      awaitProblem(plugin, "v", true);

      PluginClient.Answer answer = plugin.tryUnmount("v", "c1");

      assertThat(answer.err()).isEmpty();
      assertThat(ceph.bed().mounts()).isEmpty();
      rig.startMon();
      awaitProblem(plugin, "v", false);
      awaitSuccess(() -> plugin.tryMount("v", "c2"));
      assertThat(file).hasContent("written without a monitor");
      plugin.unmount("v", "c2");
      plugin.remove("v");
      ceph.assertNothingIsLeft();
    }
  }

  @Test
  void anotherBackendGoesOnWhileManyCallsWaitForTheCluster() throws IOException {
    DocephDaemon daemon = ceph.start();
    try (Plugin plugin = new Plugin(daemon)) {
      plugin.create("v", "");
      plugin.create("local", "\"backend\":\"vfs\"");
      rig.pauseOsd();
      List<CompletableFuture<PluginClient.Answer>> waiting =
          IntStream.range(0, 12)
              .mapToObj(i -> CephBed.async(daemon, p -> p.tryCreate("new" + i, "")))
              .toList();

      int rounds = 0;
      while (!waiting.stream().allMatch(CompletableFuture::isDone)) {
        CephBed.assertGoesOn(plugin, "local");
        rounds++;
      }

      assertThat(rounds).isGreaterThan(3);
      waiting.forEach(answer -> assertRefused(answer.join(), "volume new"));
      rig.resumeOsd();
      awaitProblem(plugin, "v", false);
      ceph.assertOnlyLeft("v");
      plugin.remove("v");
      ceph.assertNothingIsLeft();
    }
  }

  /** Waits until a volume is shown with a problem, or without one. */
  static void awaitProblem(Plugin plugin, String name, boolean problem) {
    Await.until(
        name + (problem ? " has a problem" : " has no problem"),
        CephBed.SOON,
        () -> plugin.volume(name).path("Status").has("problem") == problem);
  }

  /** The same call succeeds without anybody's help. */
  static void awaitSuccess(java.util.function.Supplier<PluginClient.Answer> call) {
    Await.until("the same call succeeds", CephBed.SOON, () -> call.get().err().isEmpty());
  }
}
