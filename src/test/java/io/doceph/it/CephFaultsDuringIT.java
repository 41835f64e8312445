package io.doceph.it;

import static io.doceph.it.CephBed.assertLooksAtOnce;
import static io.doceph.it.CephBed.assertRefused;
import static io.doceph.it.CephFaultsIT.awaitProblem;
import static io.doceph.it.CephFaultsIT.awaitSuccess;
import static org.assertj.core.api.Assertions.assertThat;

import io.doceph.rig.Await;
import io.doceph.rig.Command;
import io.doceph.rig.DocephDaemon;
import io.doceph.rig.PluginClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The cluster goes down in the middle of a call, or right after it: a call is cut short at a step
 * that the test chooses, is undone or finished when the cluster is back, and what was answered is
 * true.
 */
@Tag("rig")
class CephFaultsDuringIT extends CephFaults {
  @Test
  void aCreateIsCutShortBeforeItsImageIsMade() throws IOException {
    aCreateIsCutShort("rbd", " create ", rig::pauseOsd, rig::resumeOsd);
  }

  @Test
  void aCreateIsCutShortBeforeItsImageIsFormatted() throws IOException {
    aCreateIsCutShort("mkfs.ext4", "", rig::pauseOsd, rig::resumeOsd);
  }

  @Test
  void aCreateIsCutShortBeforeItsImageGetsItsName() throws IOException {
    aCreateIsCutShort("rbd", " rename ", rig::killMon, rig::startMon);
  }

  private void aCreateIsCutShort(String tool, String words, Runnable fault, Runnable mend)
      throws IOException {
    DocephDaemon daemon = ceph.start();
    try (Plugin plugin = new Plugin(daemon)) {
      plugin.create("other", "\"backend\":\"vfs\"");

      PluginClient.Answer answer =
          ceph.faultAt(
              tool, words, fault, () -> CephBed.async(daemon, p -> p.tryCreate("v", "")).join());

      assertRefused(answer, "volume v");
      assertThat(plugin.names()).containsExactly("other");
      assertLooksAtOnce(plugin, "other");
      CephBed.assertGoesOn(plugin, "other");

      mend.run();
      ceph.assertNothingIsLeft();
      awaitSuccess(() -> plugin.tryCreate("v", ""));
      assertThat(plugin.mount("v", "c1")).isEmptyDirectory();
      plugin.unmount("v", "c1");
      plugin.remove("v");
      ceph.assertNothingIsLeft();
    }
  }

  @Test
  void aMountIsCutShortBeforeItsImageIsMapped() throws IOException {
    aMountIsCutShort("rbd", " map ");
  }

  @Test
  void aMountIsCutShortBeforeItIsKnownWhoUsesTheImage() throws IOException {
    aMountIsCutShort("rbd", " status ");
  }

  @Test
  void aMountIsCutShortBeforeItsFilesystemIsMounted() throws IOException {
    aMountIsCutShort("mount", "");
  }

  private void aMountIsCutShort(String tool, String words) throws IOException {
    DocephDaemon daemon = ceph.start();
    try (Plugin plugin = new Plugin(daemon)) {
      plugin.create("v", "");
      plugin.create("other", "\"backend\":\"vfs\"");
      Files.writeString(plugin.mount("v", "c1").resolve("f"), "kept");
      plugin.unmount("v", "c1");

      PluginClient.Answer answer =
          ceph.faultAt(
              tool,
              words,
              rig::pauseOsd,
              () -> CephBed.async(daemon, p -> p.tryMount("v", "c1")).join());

      // Docker sends no Unmount after this
      assertRefused(answer, "volume");
      assertThat(plugin.volume("v").has("Mountpoint")).isFalse();
      assertLooksAtOnce(plugin, "v");
      CephBed.assertGoesOn(plugin, "other");

      rig.resumeOsd();
      Await.until(
          "it is undone",
          CephBed.SOON,
          () -> ceph.mapped().isEmpty() && ceph.bed().mounts().isEmpty());
      awaitSuccess(() -> plugin.tryMount("v", "c2"));
      assertThat(ceph.bed().path("mnt/v/f")).hasContent("kept");
      plugin.unmount("v", "c2");
      plugin.remove("v");
      ceph.assertNothingIsLeft();
    }
  }

  @Test
  void anUnmountIsCutShortBeforeItsImageIsUnmapped() throws IOException {
    DocephDaemon daemon = ceph.start();
    try (Plugin plugin = new Plugin(daemon)) {
      plugin.create("v", "");
      Files.writeString(plugin.mount("v", "c1").resolve("f"), "kept");

      PluginClient.Answer answer =
          ceph.faultAt(
              "rbd",
              " unmap ",
              rig::pauseOsd,
              () -> CephBed.async(daemon, p -> p.tryUnmount("v", "c1")).join());

      assertLooksAtOnce(plugin, "v");
      rig.resumeOsd();
      // Whatever was answered, the volume is given back by itself or by the same call
      if (!answer.err().isEmpty()) {
        assertRefused(answer, "volume v");
        awaitSuccess(() -> plugin.tryUnmount("v", "c1"));
      }
      Await.until("it is unmapped", CephBed.SOON, () -> ceph.mapped().isEmpty());
      awaitSuccess(() -> plugin.tryMount("v", "c2"));
      assertThat(ceph.bed().path("mnt/v/f")).hasContent("kept");
      plugin.unmount("v", "c2");
      plugin.remove("v");
      ceph.assertNothingIsLeft();
    }
  }

  @Test
  void aRemoveIsCutShortBeforeItsImageGoes() {
    DocephDaemon daemon = ceph.start();
    try (Plugin plugin = new Plugin(daemon)) {
      removeCutShort(daemon, plugin, "rbd", " trash mv ");

      // Nothing was taken away, and Docker was told that it was not removed: it is a volume again
      Await.until(
          "it is there again", CephBed.SOON, () -> plugin.names().equals(java.util.List.of("v")));
      awaitSuccess(() -> plugin.tryMount("v", "c1"));
      assertThat(ceph.bed().path("mnt/v/f")).hasContent("kept");
      plugin.unmount("v", "c1");
      awaitSuccess(() -> plugin.tryRemove("v"));
      ceph.assertNothingIsLeft();
    }
  }

  @Test
  void aRemoveIsCutShortBeforeTheIndexForgetsIt() {
    DocephDaemon daemon = ceph.start();
    try (Plugin plugin = new Plugin(daemon)) {
      removeCutShort(daemon, plugin, "rados", " rmomapkey *v");

      // Its data are gone: its removal is finished
      ceph.assertNothingIsLeft();
      assertThat(plugin.names()).isEmpty();
      awaitSuccess(() -> plugin.tryRemove("v"));
      awaitSuccess(() -> plugin.tryCreate("v", ""));
      plugin.remove("v");
      ceph.assertNothingIsLeft();
    }
  }

  private void removeCutShort(DocephDaemon daemon, Plugin plugin, String tool, String words) {
    plugin.create("v", "");
    try {
      Files.writeString(plugin.mount("v", "c0").resolve("f"), "kept");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    plugin.unmount("v", "c0");
    PluginClient.Answer answer =
        ceph.faultAt(
            tool, words, rig::pauseOsd, () -> CephBed.async(daemon, p -> p.tryRemove("v")).join());
    assertRefused(answer, "the Ceph cluster");
    rig.resumeOsd();
  }

  @Test
  void aListingIsCutShort() {
    // Given a volume, and a cluster that hangs while it is being listed
    DocephDaemon daemon = ceph.start();
    try (Plugin plugin = new Plugin(daemon)) {
      plugin.create("v", "");
      PluginClient.Answer answer =
          ceph.faultAt(
              "rados",
              " listomapvals ",
              rig::pauseOsd,
              () -> CephBed.async(daemon, this::listWhileItIsListed).join());

      // Then what was known goes on being shown
      assertThat(Plugin.succeeded(answer).path("Volumes")).hasSize(1);
      awaitProblem(plugin, "v", true);
      assertLooksAtOnce(plugin, "v");

      rig.resumeOsd();
      awaitProblem(plugin, "v", false);
      plugin.remove("v");
      ceph.assertNothingIsLeft();
    }
  }

  /** Lists what is known, when the cluster is being asked for what there is. */
  private PluginClient.Answer listWhileItIsListed(Plugin plugin) {
    Path reached = ceph.bed().path("reached");
    Await.until("the cluster is asked", CephBed.SOON, () -> Files.exists(reached));
    return plugin.call("List", "{}");
  }

  @Test
  void aGetOfAnUnknownNameIsCutShort() {
    DocephDaemon daemon = ceph.start();
    try (Plugin plugin = new Plugin(daemon)) {
      AtomicBoolean answered = new AtomicBoolean(true);
      PluginClient.Answer none = new PluginClient.Answer(0, "{}", "");
      PluginClient.Answer unused =
          ceph.faultAt(
              "rados",
              " getomapval ",
              rig::pauseOsd,
              () ->
                  CephBed.async(daemon, p -> p.get("maybe"))
                      .exceptionally(
                          e -> {
                            answered.set(false);
                            return none;
                          })
                      .join());

      assertThat(answered).isFalse();

      rig.resumeOsd();
      Await.until(
          "it is answered",
          CephBed.SOON,
          () -> CephBed.async(daemon, p -> p.get("maybe")).handle((a, e) -> e == null).join());
      assertThat(plugin.get("maybe").err()).contains("there is no volume maybe");
    }
  }

  @Test
  void whatWasCreatedAndMountedIsThereAfterTheOsdIsKilled() throws IOException {
    try (Plugin plugin = new Plugin(ceph.start())) {
      // Given a Create that was answered
      plugin.create("v", "");
      killAndStartOsd();
      awaitProblem(plugin, "v", false);

      // When it is mounted and the OSD is killed again
      awaitSuccess(() -> plugin.tryMount("v", "c1"));
      killAndStartOsd();

      // Then the mount goes on
      Path file = ceph.bed().path("mnt/v/f");
      Files.writeString(file, "after the kill");
      plugin.unmount("v", "c1");
      awaitSuccess(() -> plugin.tryMount("v", "c2"));
      assertThat(file).hasContent("after the kill");
      plugin.unmount("v", "c2");
      awaitSuccess(() -> plugin.tryRemove("v"));
      ceph.assertNothingIsLeft();
    }
  }

  @Test
  void whatWasUnmountedAndRemovedStaysSoAfterTheOsdIsKilled() throws IOException {
    try (Plugin plugin = new Plugin(ceph.start())) {
      plugin.create("v", "");
      Path file = plugin.mount("v", "c1").resolve("f");
      Files.writeString(file, "kept");
      plugin.unmount("v", "c1");
      killAndStartOsd();
      awaitSuccess(() -> plugin.tryMount("v", "c2"));
      assertThat(file).hasContent("kept");
      plugin.unmount("v", "c2");
      plugin.remove("v");
      killAndStartOsd();
      ceph.assertNothingIsLeft();
      assertThat(plugin.names()).isEmpty();
    }
  }

  private void killAndStartOsd() {
    rig.killOsd();
    rig.startOsd();
  }

  @Test
  void anOsdThatIsKilledDuringWritesLosesNothingThatWasSynced() throws Exception {
    try (Plugin plugin = new Plugin(ceph.start())) {
      plugin.create("v", "\"size\":\"64MiB\"");
      Path directory = plugin.mount("v", "c1");
      String before = write(directory.resolve("before"));

      // When the OSD dies while a container writes
      CompletableFuture<String> during =
          CompletableFuture.supplyAsync(() -> write(directory.resolve("during")), CephBed.THREADS);
      Await.until("it writes", CephBed.SOON, () -> Files.exists(directory.resolve("during")));
      rig.killOsd();
      rig.startOsd();

      // Then the write goes on, and after a fresh map all is as it was written
      String written = during.get(CephBed.SOON.toSeconds(), java.util.concurrent.TimeUnit.SECONDS);
      String after = write(directory.resolve("after"));
      plugin.unmount("v", "c1");
      awaitSuccess(() -> plugin.tryMount("v", "c2"));
      assertThat(md5(directory.resolve("before"))).isEqualTo(before);
      assertThat(md5(directory.resolve("during"))).isEqualTo(written);
      assertThat(md5(directory.resolve("after"))).isEqualTo(after);
      plugin.unmount("v", "c2");
      awaitSuccess(() -> plugin.tryRemove("v"));
      ceph.assertNothingIsLeft();
    }
  }

  /** Writes random blocks, each synced, and tells their sum. */
  private static String write(Path file) {
    String sum =
        Command.of(
                "sh",
                "-c",
                "head -c 4194304 /dev/urandom >\"$1\"; dd if=\"$1\" of=\"$0\" bs=128k oflag=dsync"
                    + " status=none; md5sum <\"$1\"; rm -f \"$1\"",
                file.toString(),
                "/tmp/" + file.getFileName() + "." + ProcessHandle.current().pid())
            .run()
            .succeeded()
            .out();
    return sum.substring(0, 32);
  }

  private static String md5(Path file) {
    return Command.of("md5sum", file.toString()).run().succeeded().out().substring(0, 32);
  }

  @Test
  void aFullPoolIsCalledFull() {
    // Ceph lets whoever writes to a full pool wait for ever
    try (Plugin plugin = new Plugin(ceph.start())) {
      plugin.create("v", "");
      fullAbove("0.000001", "0.000002", "0.000003");
      Await.until("full", CephBed.SOON, () -> osdMap().contains("hashpspool,full"));

      assertRefused(
          () -> plugin.tryCreate("w", ""),
          "volume w cannot be made in volumes: the pool volumes is full; remove what is not"
              + " needed, empty the trash (`doceph trash purge --all`), or add OSDs or quota");
      assertLooksAtOnce(plugin, "v");
      Plugin.refused(plugin.get("maybe"), 200);

      fullAbove("0.98", "0.985", "0.99");
      Await.until("not full", CephBed.SOON, () -> !osdMap().contains("hashpspool,full"));
      awaitSuccess(() -> plugin.tryCreate("w", ""));
      plugin.remove("v");
      plugin.remove("w");
      ceph.assertNothingIsLeft();
    } finally {
      fullAbove("0.98", "0.985", "0.99");
    }
  }

  @Test
  void theTrashOfAFullPoolIsPurged() {
    // A full pool lets go of images, and lets whoever changes its index wait
    try (Plugin plugin = new Plugin(ceph.start("DOCEPH_RBD_REMOVE", "trash"))) {
      // Given a removed volume in the trash of a pool that is full
      plugin.create("v", "");
      plugin.remove("v");
      Await.until("the trash lists it", CephBed.SOON, () -> trashed() == 1);
      fullAbove("0.000001", "0.000002", "0.000003");
      Await.until("full", CephBed.SOON, () -> osdMap().contains("hashpspool,full"));

      // When it is purged
      Command.Result purged = ceph.bed().cli("trash", "purge", "v", "--yes");

      // Then its image is gone, and it is listed no more, although the index still has its entry
      assertThat(purged.exit()).as(purged.err()).isZero();
      assertThat(purged.out()).isEqualTo("v");
      assertThat(rig.rbd("trash", "ls", "volumes").succeeded().out()).isEmpty();
      assertThat(trashed()).isZero();
      assertThat(ceph.keys()).hasSize(1).allMatch(key -> key.startsWith("/trash/"));
      awaitListings();
      assertThat(trashed()).isZero();
      assertThat(ceph.bed().cli("trash", "restore", "v").exit()).isEqualTo(3);

      // When there is room, then the entry goes by itself
      fullAbove("0.98", "0.985", "0.99");
      Await.until("not full", CephBed.SOON, () -> !osdMap().contains("hashpspool,full"));
      Await.until("the index has no entry", CephBed.SOON, () -> ceph.keys().isEmpty());
      assertThat(trashed()).isZero();
      ceph.assertNothingIsLeft();
    } finally {
      fullAbove("0.98", "0.985", "0.99");
    }
  }

  private int trashed() {
    String json = ceph.bed().cli("trash", "list", "--json").succeeded().out();
    return new PluginClient.Answer(0, json, "").json().path("trash").size();
  }

  /** Two listings at least begin and end; each asks for the indexes of both pools. */
  private void awaitListings() {
    Path asked = ceph.bed().path("asked");
    ceph.trouble("rados", " listomapvals ", "echo >>" + asked);
    Await.until(
        "it is listed anew",
        CephBed.SOON,
        () -> Files.exists(asked) && Files.readAllLines(asked).size() > 6);
    ceph.noTrouble();
  }

  /**
   * The pools' own quota would need a manager; an OSD that is full marks its pools the same way.
   */
  private void fullAbove(String nearly, String backfill, String full) {
    boolean lower = full.startsWith("0.0");
    if (!lower) {
      rig.ceph("osd", "set-full-ratio", full).succeeded();
    }
    rig.ceph("osd", "set-nearfull-ratio", nearly).succeeded();
    rig.ceph("osd", "set-backfillfull-ratio", backfill).succeeded();
    if (lower) {
      rig.ceph("osd", "set-full-ratio", full).succeeded();
    }
  }

  private String osdMap() {
    return rig.ceph("osd", "dump").succeeded().out();
  }
}
