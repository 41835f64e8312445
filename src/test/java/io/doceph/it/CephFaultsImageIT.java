package io.doceph.it;

import static io.doceph.it.CephBed.assertAllWorks;
import static io.doceph.it.CephBed.assertLooksAtOnce;
import static io.doceph.it.CephBed.assertRefused;
import static io.doceph.it.CephFaultsIT.awaitProblem;
import static io.doceph.it.CephFaultsIT.awaitSuccess;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.doceph.rig.Await;
import io.doceph.rig.CephRig;
import io.doceph.rig.Command;
import io.doceph.rig.DocephDaemon;
import io.doceph.rig.PluginClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The cluster is well and something else is not: images changed behind doceph's back, a missing
 * pool, keys and rights, the kernel, and programs that hang or talk nonsense.
 */
@Tag("rig")
class CephFaultsImageIT {
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
    if (ceph != null) {
      ceph.close();
    }
  }

  @Test
  void anImagePutIntoTheTrashUnderAMountIsToldAndTheMountGoesOn() throws IOException {
    try (Plugin plugin = new Plugin(ceph.start())) {
      plugin.create("v", "");
      Path file = plugin.mount("v", "c1").resolve("f");
      rig.rbd("trash", "mv", "volumes/v").succeeded();

      awaitProblem(plugin, "v", true);
      assertThat(problem(plugin, "v"))
          .startsWith("its image volumes/v was renamed, removed or put into the trash while")
          .contains("`rbd trash restore`");
      assertLooksAtOnce(plugin, "v");
      Files.writeString(file, "goes on");
      plugin.unmount("v", "c1");
      assertRefused(
          () -> plugin.tryMount("v", "c2"), "the image volumes/v of volume v is gone", "trash");

      String id = rig.rbd("trash", "ls", "volumes").succeeded().out().split(" ", -1)[0];
      rig.rbd("trash", "restore", "volumes/" + id).succeeded();
      awaitSuccess(() -> plugin.tryMount("v", "c2"));
      assertThat(file).hasContent("goes on");
      plugin.unmount("v", "c2");
      plugin.remove("v");
      ceph.assertNothingIsLeft();
    }
  }

  private static String problem(Plugin plugin, String name) {
    return plugin.volume(name).path("Status").path("problem").asText();
  }

  @Test
  void anImageThatIsGoneIsNamedByMountAndRemovedBySucceeding() {
    try (Plugin plugin = new Plugin(ceph.start())) {
      plugin.create("v", "");
      rig.rbd("rm", "--no-progress", "volumes/v").succeeded();

      assertRefused(
          () -> plugin.tryMount("v", "c1"),
          "the image volumes/v of volume v is gone; `doceph trash list` may have it, else restore"
              + " a backup, or remove the volume");
      assertThat(plugin.names()).containsExactly("v");
      plugin.remove("v");
      ceph.assertNothingIsLeft();
    }
  }

  @Test
  void anImageMadeSmallerIsNotMounted() {
    try (Plugin plugin = new Plugin(ceph.start())) {
      plugin.create("v", "");
      rig.rbd("resize", "--no-progress", "--allow-shrink", "--size", "16M", "volumes/v")
          .succeeded();

      assertRefused(
          () -> plugin.tryMount("v", "c1"),
          "volume v should have 33554432 bytes and its image has 16777216",
          "`rbd resize` it back");
      assertThat(ceph.mapped()).isEmpty();

      // What was cut off is lost, whatever size the image gets again: it is not mounted, but goes
      plugin.remove("v");
      ceph.assertNothingIsLeft();
    }
  }

  @Test
  void anImageMadeLargerIsMounted() {
    try (Plugin plugin = new Plugin(ceph.start())) {
      plugin.create("v", "");
      rig.rbd("resize", "--no-progress", "--size", "64M", "volumes/v").succeeded();

      assertThat(plugin.mount("v", "c1")).isEmptyDirectory();

      plugin.unmount("v", "c1");
      plugin.remove("v");
      ceph.assertNothingIsLeft();
    }
  }

  @Test
  void featuresThatTheKernelCannotMapAreToldWithTheCommand() {
    try (Plugin plugin = new Plugin(ceph.start())) {
      plugin.create("v", "");
      rig.rbd("feature", "enable", "volumes/v", "journaling").succeeded();

      assertRefused(
          () -> plugin.tryMount("v", "c1"),
          "volume v cannot be mapped: the image has features that this kernel cannot map; run"
              + " `rbd feature disable volumes/v journaling`");
      assertThat(ceph.mapped()).isEmpty();

      rig.rbd("feature", "disable", "volumes/v", "journaling").succeeded();
      awaitSuccess(() -> plugin.tryMount("v", "c2"));
      plugin.unmount("v", "c2");
      plugin.remove("v");
      ceph.assertNothingIsLeft();
    }
  }

  @Test
  void aKernelWithoutRbdIsToldByName() throws IOException {
    // The words of rbd 16.2 on a machine whose kernel has no modules
    try (Plugin plugin = new Plugin(ceph.start())) {
      ceph.trouble(
          "rbd",
          " device map ",
          """
          echo 'sh: 1: /sbin/modinfo: not found' >&2
          echo 'sh: 1: /sbin/modprobe: not found' >&2
          echo 'rbd: failed to load rbd kernel module (127)' >&2
          echo 'rbd: sysfs write failed' >&2
          echo 'In some cases useful info is found in syslog - try "dmesg | tail".'
          echo 'rbd: map failed: (2) No such file or directory' >&2
          exit 2""");

      assertRefused(
          () -> plugin.tryCreate("v", ""),
          "the kernel module rbd cannot be loaded; install the kernel's modules and `modprobe rbd`,"
              + " or install rbd-nbd and set doceph.rbd.mapper=nbd");
      ceph.assertNothingIsLeft();

      ceph.noTrouble();
      assertAllWorks(plugin, "v", "");
      ceph.assertNothingIsLeft();
    }
  }

  @Test
  void aMapThatHangsIsKilledAndUndoneAndOthersGoOn() throws IOException {
    DocephDaemon daemon = ceph.start();
    try (Plugin plugin = new Plugin(daemon)) {
      plugin.create("hung", "");
      ceph.trouble("rbd", " device map *volumes/hung", "exec sleep 1000");

      PluginClient.Answer answer = meanwhileOthersGoOn(daemon, p -> p.tryMount("hung", "c1"));

      assertRefused(
          answer,
          "volume hung cannot be mapped: `rbd device map` had not ended after ",
          " s and was undone; either the Ceph cluster does not answer (look at `ceph status`) or somebody holds"
              + " the image (`rbd status volumes/hung`, `rbd lock ls volumes/hung`)");
      // Others go on after it, too: one image says nothing of the cluster
      assertAllWorks(plugin, "after", "");
      assertThat(ceph.mapped()).isEmpty();
      ceph.noTrouble();
      awaitSuccess(() -> plugin.tryMount("hung", "c2"));
      plugin.unmount("hung", "c2");
      plugin.remove("hung");
      ceph.assertNothingIsLeft();
    }
  }

  @Test
  void anUmountThatHangsBlocksOnlyItsVolume() throws IOException {
    DocephDaemon daemon = ceph.start();
    try (Plugin plugin = new Plugin(daemon)) {
      plugin.create("hung", "");
      Path file = plugin.mount("hung", "c1").resolve("f");
      ceph.trouble("umount", "mnt/hung", "trap '' TERM; while :; do sleep 1; done");

      PluginClient.Answer answer = meanwhileOthersGoOn(daemon, p -> p.tryUnmount("hung", "c1"));

      assertRefused(answer, "volume hung");
      ceph.noTrouble();
      awaitSuccess(() -> plugin.tryMount("hung", "c1"));
      Files.writeString(file, "still there");
      plugin.unmount("hung", "c1");
      plugin.remove("hung");
      ceph.assertNothingIsLeft();
    }
  }

  private static PluginClient.Answer meanwhileOthersGoOn(
      DocephDaemon daemon, java.util.function.Function<Plugin, PluginClient.Answer> call)
      throws IOException {
    long begin = System.nanoTime();
    CompletableFuture<PluginClient.Answer> hung = CephBed.async(daemon, call);
    int rounds = 0;
    try (Plugin plugin = new Plugin(daemon)) {
      while (!hung.isDone()) {
        assertLooksAtOnce(plugin, "hung");
        assertAllWorks(plugin, "other" + rounds, "");
        rounds++;
      }
    }
    assertThat(rounds).as("volumes that went on meanwhile").isPositive();
    assertThat(Duration.ofNanos(System.nanoTime() - begin))
        .isLessThan(CephBed.BOUND.plus(CephBed.BOUND));
    return hung.join();
  }

  @Test
  void aDeviceThatIsHeldIsToldWithTheProcess() {
    DocephDaemon daemon = ceph.start();
    try (Plugin plugin = new Plugin(daemon)) {
      plugin.create("v", "");
      String device = device(plugin.mount("v", "c1"));

      // When a process opens the device as soon as it is unmounted
      List<Process> holders = new ArrayList<>();
      PluginClient.Answer answer;
      try {
        answer =
            ceph.faultAt(
                "rbd",
                " unmap ",
                () -> holders.add(hold(device)),
                () -> CephBed.async(daemon, p -> p.tryUnmount("v", "c1")).join());
      } finally {
        holders.forEach(Process::destroyForcibly);
      }

      // Then it is told who that is, and the same call succeeds when that has ended
      assertRefused(
          answer,
          "volume v cannot be unmapped: the device " + device + " is in use by process ",
          holders.getFirst().pid() + " (perl)",
          "; end that, then try again");
      awaitSuccess(() -> plugin.tryUnmount("v", "c1"));
      Await.until("it is unmapped", CephBed.SOON, () -> ceph.mapped().isEmpty());
      plugin.remove("v");
      ceph.assertNothingIsLeft();
    }
  }

  /** A process that has the device open, exclusively. */
  private static Process hold(String device) {
    String script = "sysopen(F, $ARGV[0], 128) or die; $| = 1; print \"held\\n\"; sleep 100";
    try {
      Process process = new ProcessBuilder("perl", "-e", script, device).start();
      assertThat(process.inputReader().readLine()).isEqualTo("held");
      return process;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String device(Path mountpoint) {
    return Command.of("findmnt", "-n", "-o", "SOURCE", mountpoint.toString())
        .run()
        .succeeded()
        .out();
  }

  @Test
  void garbageInsteadOfWhoUsesTheImageMountsNothing() {
    nonsense("echo 'Segmentation fault (core dumped)'; exit 0");
  }

  @Test
  void halfAnAnswerAboutWhoUsesTheImageMountsNothing() {
    nonsense("printf '{\"watchers\":[{\"address\":\"127.0'; exit 0");
  }

  private void nonsense(String shell) {
    try (Plugin plugin = new Plugin(ceph.start())) {
      plugin.create("v", "");
      ceph.trouble("rbd", " status ", shell);

      assertRefused(
          () -> plugin.tryMount("v", "c1"),
          "who uses image volumes/v cannot be said: what the program printed is no JSON; is it"
              + " Ceph's own, of version 14 or later?");
      assertThat(ceph.mapped()).isEmpty();
      assertThat(ceph.bed().mounts()).isEmpty();

      ceph.noTrouble();
      awaitSuccess(() -> plugin.tryMount("v", "c2"));
      plugin.unmount("v", "c2");
      plugin.remove("v");
      ceph.assertNothingIsLeft();
    }
  }

  @Test
  void aMissingPoolIsNamedAndOtherPoolsGoOn() {
    try (Plugin plugin = new Plugin(ceph.start("DOCEPH_RBD_POOLS", "nopool"))) {
      assertRefused(
          () -> plugin.tryCreate("v", "\"pool\":\"nopool\""),
          "volume v cannot be made in nopool: there is no pool nopool; an administrator makes it:"
              + " `ceph osd pool create nopool`, then `rbd pool init nopool`");
      plugin.create("w", "");
      assertThat(plugin.mount("w", "c1")).isEmptyDirectory();
      plugin.unmount("w", "c1");
      // Whether the missing pool has a volume cannot be said; a known one goes all the same
      assertLooksAtOnce(plugin, "w");
      plugin.remove("w");
      ceph.assertNothingIsLeft();
    }
  }

  @Test
  void aWrongKeyIsCalledWrong() throws IOException {
    String wrong = "AQAAAAAAAAAAABAAMDEyMzQ1Njc4OWFiY2RlZg==";
    refusedKeyring(
        "[client.docker]\nkey = " + wrong + "\n",
        "the cluster does not accept the key of the Ceph user docker",
        "`ceph auth get client.docker`");
  }

  @Test
  void aDamagedKeyringIsCalledDamaged() throws IOException {
    refusedKeyring("no keyring\n", "the keyring of the Ceph user docker cannot be read");
  }

  @Test
  void aMissingKeyringIsCalledMissing() throws IOException {
    refusedKeyring("", "there is no keyring for the Ceph user docker", "readable by root alone");
  }

  /** The daemon starts with a wrong keyring; the right one is all that it takes. */
  private void refusedKeyring(String keyring, String... words) throws IOException {
    Path mine = ceph.bed().path("ceph.client.docker.keyring");
    Path conf = ceph.bed().path("ceph.conf");
    Files.writeString(
        conf,
        Files.readString(rig.conf())
            .replace(
                "keyring = " + rig.directory() + "/ceph.$name.keyring",
                "keyring = " + ceph.bed().path("ceph.$name.keyring")));
    if (!keyring.isEmpty()) {
      Files.writeString(mine, keyring);
    }
    DocephDaemon daemon = ceph.start("DOCEPH_RBD_CONF", conf.toString());
    try (Plugin plugin = new Plugin(daemon)) {
      assertRefused(() -> plugin.tryCreate("v", ""), words);
      assertThat(plugin.names()).isEmpty();
      assertThatThrownBy(() -> plugin.get("v")).isInstanceOf(UncheckedIOException.class);

      String right = Files.readString(rig.directory().resolve("ceph.client.docker.keyring"));
      Files.writeString(mine, right);
      awaitSuccess(() -> plugin.tryCreate("v", ""));
      plugin.remove("v");
      ceph.assertNothingIsLeft();
      String secret = right.substring(right.indexOf("key = ") + 6, right.indexOf("==") + 2);
      assertThat(daemon.log()).doesNotContain(secret);
    }
  }

  @Test
  void aUserWithoutRightsIsToldWhatToGrant() {
    try (Plugin plugin = new Plugin(ceph.start("DOCEPH_RBD_AUTH_USER", "nocaps"))) {
      assertRefused(
          () -> plugin.tryCreate("v", ""),
          "the Ceph user nocaps may not do that, or its key is wrong; an administrator runs `ceph"
              + " auth caps client.nocaps mon 'profile rbd' osd 'profile rbd pool=volumes' mgr"
              + " 'profile rbd pool=volumes'`");
      assertThatThrownBy(() -> plugin.get("v")).isInstanceOf(UncheckedIOException.class);
    }
    ceph.assertNothingIsLeft();
  }
}
