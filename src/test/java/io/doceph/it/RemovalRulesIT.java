package io.doceph.it;

import static io.doceph.it.CephBed.assertRefused;
import static io.doceph.it.CephFaultsIT.awaitSuccess;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.doceph.rig.Await;
import io.doceph.rig.CephRig;
import io.doceph.rig.Command;
import io.doceph.rig.DocephDaemon;
import io.doceph.rig.PluginClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a removal does under each rule of {@code doceph.rbd.remove}, and what keeps a volume from
 * being removed: what is said, and where the image is afterwards.
 */
@Tag("rig")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class RemovalRulesIT {
  private static final String RULE = "DOCEPH_RBD_REMOVE";
  private static final int NO_SUCH_VOLUME = 3;
  private static final int IN_USE = 4;

  private CephRig rig;
  private CephBed ceph;

  @BeforeEach
  void host() {
    assumeTrue(Bed.isRoot(), "the rig needs root");
    rig = CephRig.shared();
    ceph = new CephBed(rig);
  }

  @AfterEach
  void mend() {
    if (ceph == null) {
      return;
    }
    try {
      // What a failed test leaves with a snapshot cannot be deleted.
      inRbdsTrash().forEach(this::purgeSnapshots);
    } finally {
      ceph.close();
      CephHost.empty(rig);
    }
  }

  @Test
  void whatWasRemovedIsInTheTrashUnderTheIdOfItsImage() {
    try (Plugin plugin = new Plugin(ceph.start(RULE, "trash"))) {
      plugin.create("v", "");
      String info = rig.rbd("info", "--format", "json", "volumes/v").succeeded().out();
      String id = json(info).path("id").asText();

      plugin.remove("v");

      // Then it is no volume any more, its image is in RBD's trash, and the index knows it there
      assertThat(plugin.names()).isEmpty();
      assertThat(ceph.images()).containsExactly("trash " + id + " v");
      assertThat(ceph.keys()).containsExactly("/trash/" + id);

      // and it is listed with what it was and until when it can be brought back
      assertThat(trash()).hasSize(1);
      JsonNode entry = trash().path(0);
      assertThat(entry.path("name").asText()).isEqualTo("v");
      assertThat(entry.path("id").asText()).isEqualTo(id);
      assertThat(entry.path("pool").asText()).isEqualTo("volumes");
      assertThat(entry.path("sizeBytes").asLong()).isEqualTo(32L << 20);
      assertThat(Duration.between(time(entry, "deletedAt"), time(entry, "expiresAt")))
          .isEqualTo(Duration.ofDays(7));

      // When it is purged by its id, then all of it is gone
      assertThat(cli("trash", "purge", id).succeeded().out()).isEqualTo("v");
      assertThat(trash()).isEmpty();
      ceph.assertNothingIsLeft();
    }
  }

  private static Instant time(JsonNode entry, String member) {
    return Instant.parse(entry.path(member).asText());
  }

  @Test
  void whatHasExpiredIsDeletedByItself() {
    try (Plugin plugin = new Plugin(ceph.start(RULE, "trash", "DOCEPH_RBD_TRASH_EXPIRY", "5s"))) {
      plugin.create("v", "");

      plugin.remove("v");

      assertThat(ceph.images()).as("it does not go at once").hasSize(1);
      ceph.assertNothingIsLeft();
      assertThat(trash()).isEmpty();
      assertThat(plugin.names()).isEmpty();
    }
  }

  @Test
  void whatIsDeletedCannotBeBroughtBack() {
    try (Plugin plugin = new Plugin(ceph.start(RULE, "delete"))) {
      plugin.create("v", "");

      plugin.remove("v");

      // Then it has its name no more when that is answered, and is deleted in the background
      assertThat(plugin.names()).isEmpty();
      assertThat(rig.rbd("ls", "volumes").succeeded().out()).isEmpty();
      ceph.assertNothingIsLeft();
      Await.until("the trash lists it no more", CephBed.SOON, () -> trash().isEmpty());
      assertThat(cli("trash", "restore", "v").exit()).isEqualTo(NO_SUCH_VOLUME);
    }
  }

  @Test
  void whatADaemonOnlyRemembersIsNotTakenForAVolumeThatIsThere() throws IOException {
    // Given what a daemon remembers of a volume that another host has removed meanwhile
    DocephDaemon daemon = ceph.start(RULE, "delete");
    Path remembered = ceph.bed().path("state/known-volumes.json");
    try (Plugin plugin = new Plugin(daemon)) {
      plugin.create("v", "");
      Await.until(
          "it is remembered",
          CephBed.SOON,
          () -> Files.exists(remembered) && Files.readString(remembered).contains("\"v\""));
      byte[] old = Files.readAllBytes(remembered);
      plugin.remove("v");
      ceph.assertNothingIsLeft();
      daemon.term();
      Files.write(remembered, old);
    }

    // When a daemon starts that has not heard of the cluster yet, and the volume is created
    ceph.trouble("rados", " listomapvals ", "sleep 3");
    daemon.start();
    try (Plugin plugin = new Plugin(daemon)) {
      assertThat(plugin.names()).containsExactly("v");
      plugin.create("v", "");
      ceph.noTrouble();

      // Then it is made
      assertThat(ceph.images()).containsExactly("volumes/v");
      assertThat(plugin.mount("v", "c1")).isEmptyDirectory();
      plugin.unmount("v", "c1");
      plugin.remove("v");
      ceph.assertNothingIsLeft();
    }
  }

  @Test
  void whatIsKeptIsForgottenByThisHostAlone() throws IOException {
    DocephDaemon daemon = ceph.start(RULE, "keep");
    try (CephHost beta = new CephHost(rig, "beta", List.of()).start()) {
      try (Plugin plugin = new Plugin(daemon)) {
        // Given a volume that a container on another host writes to
        plugin.create("v", "");
        Path there = beta.plugin().mount("v", "b1");
        Files.writeString(there.resolve("f"), "before");

        // When it is removed here
        plugin.remove("v");

        // Then this host shows it no more, and that is all
        assertNotHere(plugin);
        assertThat(ceph.images()).containsExactly("volumes/v");
        assertThat(ceph.keys()).contains("v");
        assertThat(trash()).isEmpty();
        assertThat(beta.plugin().names()).containsExactly("v");
        Files.writeString(there.resolve("f"), "goes on");
        plugin.remove("v"); // what is gone here is success
      }

      // When the daemon is started again, then it is still forgotten
      daemon.restart();
      try (Plugin plugin = new Plugin(daemon)) {
        assertNotHere(plugin);

        // When a volume of that name is created, then it is the same one, with its data
        beta.plugin().unmount("v", "b1");
        plugin.create("v", "");
        assertThat(plugin.names()).containsExactly("v");
        assertThat(plugin.mount("v", "c1").resolve("f")).hasContent("goes on");
        plugin.unmount("v", "c1");
      }
    }
    deleteInTheEnd(daemon);
  }

  private static void assertNotHere(Plugin plugin) {
    assertThat(plugin.names()).isEmpty();
    PluginClient.Answer answer = plugin.get("v");
    Plugin.refused(answer, 200);
    assertThat(answer.err()).contains("there is no volume v");
  }

  @Test
  void aHostThatRefusesRemovalsRemovesNoneOfTheCluster() {
    DocephDaemon daemon = ceph.start(RULE, "refuse");
    try (Plugin plugin = new Plugin(daemon)) {
      plugin.create("v", "");
      plugin.create("local", "\"backend\":\"vfs\"");

      assertNotRemoved(
          plugin,
          "volume v is not removed: on this host the backend rbd refuses all removals"
              + " (doceph.rbd.remove=refuse)");

      // Then only volumes of the cluster stay, and are used as before
      plugin.remove("local");
      assertAsBefore(plugin);
      assertThat(plugin.mount("v", "c1")).isEmptyDirectory();
      plugin.unmount("v", "c1");
    }
    deleteInTheEnd(daemon);
  }

  @ParameterizedTest
  @ValueSource(strings = {"delete", "keep"})
  void whatIsProtectedStaysUntilItIsNot(String rule) {
    DocephDaemon daemon = ceph.start(RULE, rule);
    try (Plugin plugin = new Plugin(daemon)) {
      plugin.create("v", "\"protected\":true");

      assertNotRemoved(
          plugin, "volume v is protected from being removed; `doceph unprotect v` first");
      assertAsBefore(plugin);

      cli("unprotect", "v").succeeded();
      plugin.remove("v");
      assertThat(plugin.names()).isEmpty();
    }
    if (rule.equals("keep")) {
      ceph.assertOnlyLeft("v");
      deleteInTheEnd(daemon);
    } else {
      ceph.assertNothingIsLeft();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"trash", "delete"})
  void whatAClientThatIsNoDocephHasOpenStays(String rule) {
    try (Plugin plugin = new Plugin(ceph.start(RULE, rule))) {
      plugin.create("v", "");
      try (ForeignClient client = ForeignClient.open(ceph, "v")) {
        assertNotRemoved(
            plugin,
            "volume v is in use on a client that is no doceph (" + client.address() + ")",
            "; stop the containers that use it there, or see `doceph who v`");
        assertAsBefore(plugin);

        // When it has closed the image, then the same call succeeds
        client.unmap();
      }
      awaitSuccess(() -> plugin.tryRemove("v"));
      assertGone(plugin, rule);
    }
  }

  @ParameterizedTest
  @CsvSource({"trash, 2, 2 snapshots", "delete, 1, 1 snapshot"})
  void whatHasSnapshotsStays(String rule, int number, String snapshots) {
    try (Plugin plugin = new Plugin(ceph.start(RULE, rule))) {
      plugin.create("v", "");
      for (int i = 1; i <= number; i++) {
        snapshot("s" + i);
      }

      assertNotRemoved(
          plugin,
          "volume v has "
              + snapshots
              + ", which would be lost with it, and clones may depend on them; look at `rbd snap ls"
              + " volumes/v`, and `rbd snap purge volumes/v` first");

      // Then all is as before, the snapshots too
      assertAsBefore(plugin);
      assertThat(rig.rbd("snap", "ls", "volumes/v").succeeded().out().lines().skip(1))
          .hasSize(number);
      assertThat(plugin.mount("v", "c1")).isEmptyDirectory();
      plugin.unmount("v", "c1");

      // When that is done, then it goes
      rig.rbd("snap", "purge", "--no-progress", "volumes/v").succeeded();
      plugin.remove("v");
      assertGone(plugin, rule);
    }
  }

  @Test
  void aSnapshotOfTheLastMomentStaysInTheTrashUntilItIsPurged() {
    DocephDaemon daemon = ceph.start(RULE, "trash");
    try (Plugin plugin = new Plugin(daemon)) {
      String id = removeWithSnapshot(daemon, plugin);

      // When it is purged, then that is refused with what to do, and nothing is lost
      Command.Result refused = cli("trash", "purge", "v");
      assertThat(refused.exit()).isEqualTo(IN_USE);
      assertThat(refused.err()).isEqualTo("doceph: " + hasSnapshots(id) + " first");
      assertThat(trash()).hasSize(1);
      assertThat(ceph.images()).containsExactly("trash " + id + " v");

      // When that is done, then it is purged
      purgeSnapshots(id);
      assertGone(plugin, "trash");
    }
  }

  @Test
  void aSnapshotOfTheLastMomentIsWaitedForByWhoeverDeletes() {
    DocephDaemon daemon = ceph.start(RULE, "delete");
    try (Plugin plugin = new Plugin(daemon)) {
      String id = removeWithSnapshot(daemon, plugin);

      // Then the log says what keeps the image, and it is still there and listed
      Await.until("it is said", CephBed.SOON, () -> daemon.log().contains(hasSnapshots(id)));
      assertThat(trash()).hasSize(1);
      assertThat(ceph.images()).containsExactly("trash " + id + " v");

      // When that is gone, then the daemon deletes the image by itself
      purgeSnapshots(id);
      assertGone(plugin, "delete");
    }
  }

  /**
   * Somebody makes a snapshot after it was looked whether there are any, and before the image is in
   * the trash.
   *
   * @return the image's id
   */
  private String removeWithSnapshot(DocephDaemon daemon, Plugin plugin) {
    plugin.create("v", "");
    PluginClient.Answer answer =
        ceph.faultAt(
            "rbd",
            " trash mv ",
            () -> snapshot("late"),
            () -> CephBed.async(daemon, p -> p.tryRemove("v")).join());
    JsonNode unused = Plugin.succeeded(answer);
    assertThat(plugin.names()).isEmpty();
    assertThat(inRbdsTrash()).hasSize(1);
    return inRbdsTrash().getFirst();
  }

  private static String hasSnapshots(String id) {
    return "volume v has snapshots and cannot be deleted from the trash; "
        + "`rbd snap purge --image-id "
        + id
        + " --pool volumes`";
  }

  private void snapshot(String name) {
    rig.rbd("snap", "create", "--no-progress", "volumes/v@" + name).succeeded();
  }

  /** As the message says it. */
  private void purgeSnapshots(String id) {
    rig.rbd("snap", "purge", "--no-progress", "--image-id", id, "--pool", "volumes").succeeded();
  }

  /** The ids of the images in the trash of the pool. */
  private List<String> inRbdsTrash() {
    return rig.rbd("trash", "ls", "volumes")
        .succeeded()
        .out()
        .lines()
        .map(line -> line.split(" ", -1)[0])
        .toList();
  }

  /** Docker and the command line are told the same. */
  private void assertNotRemoved(Plugin plugin, String... words) {
    assertRefused(() -> plugin.tryRemove("v"), words);
    Command.Result refused = cli("delete", "v");
    assertThat(refused.exit()).as(refused.err()).isEqualTo(IN_USE);
    assertThat(refused.out()).isEmpty();
    assertThat(refused.err()).startsWith("doceph: volume v ").contains(words).doesNotContain("\n");
  }

  /** It is a volume, its image has its name, and nothing is in the trash. */
  private void assertAsBefore(Plugin plugin) {
    assertThat(plugin.names()).containsExactly("v");
    assertThat(ceph.images()).containsExactly("volumes/v");
    assertThat(ceph.keys()).containsExactly("v");
    assertThat(trash()).isEmpty();
  }

  /** A volume that was removed under this rule is gone; from the trash once it is purged. */
  private void assertGone(Plugin plugin, String rule) {
    assertThat(plugin.names()).isEmpty();
    if (rule.equals("trash")) {
      assertThat(cli("trash", "purge", "v").succeeded().out()).isEqualTo("v");
    }
    ceph.assertNothingIsLeft();
    Await.until("the trash lists it no more", CephBed.SOON, () -> trash().isEmpty());
  }

  /** What a rule has left goes under another one. */
  private void deleteInTheEnd(DocephDaemon daemon) {
    daemon.term();
    try (Plugin plugin = new Plugin(ceph.start(RULE, "delete"))) {
      plugin.create("v", ""); // it may be forgotten; else it is what is there
      plugin.remove("v");
      ceph.assertNothingIsLeft();
    }
  }

  private JsonNode trash() {
    return json(cli("trash", "list", "--json").succeeded().out()).path("trash");
  }

  private Command.Result cli(String... arguments) {
    return ceph.bed().cli(arguments);
  }

  private static JsonNode json(String text) {
    return new PluginClient.Answer(0, text, "").json();
  }
}
