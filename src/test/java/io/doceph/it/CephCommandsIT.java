package io.doceph.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.doceph.rig.Await;
import io.doceph.rig.CephRig;
import io.doceph.rig.Command;
import io.doceph.rig.PluginClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What administrators ask for on the command line, on a real cluster. */
@Tag("rig")
class CephCommandsIT {
  private static final String DATA = "written before";

  private final CephRig rig;
  private final CephHost host;
  private final Path scratch;

  CephCommandsIT() throws IOException {
    assumeTrue(Bed.isRoot(), "the rig needs root");
    rig = CephRig.shared();
    scratch = Files.createTempDirectory("doceph-tables");
    host =
        new CephHost(
                rig,
                "alpha",
                List.of(),
                "DOCEPH_RBD_USERS",
                "cinder",
                "DOCEPH_RBD_HOST_TABLES",
                "true",
                "DOCEPH_RBD_RBDMAP",
                scratch.resolve("rbdmap").toString(),
                "DOCEPH_RBD_FSTAB",
                scratch.resolve("fstab").toString(),
                "DOCEPH_RBD_REMOVE",
                "trash")
            .start();
  }

  @AfterEach
  void stop() throws IOException {
    // What was removed just now is in the trash, and known to be with the next listing.
    Await.until(
        "the trash is empty",
        Bed.SOON,
        () -> {
          host.cli("trash", "purge", "--all", "--yes");
          return rig.rbd("trash", "ls", "volumes").out().isEmpty();
        });
    host.close();
    CephHost.assertClusterEmpty(rig);
    Command.of("rm", "-r", scratch.toString()).run().succeeded();
  }

  private void write(String volume) throws IOException {
    Files.writeString(host.plugin().mount(volume, "c1").resolve("f"), DATA);
    host.plugin().unmount(volume, "c1");
  }

  private void assertHasData(String volume) {
    assertThat(host.plugin().mount(volume, "c2").resolve("f")).hasContent(DATA);
    host.plugin().unmount(volume, "c2");
  }

  private static JsonNode json(Command.Result result) {
    return new PluginClient.Answer(0, result.succeeded().out(), "").json();
  }

  @Test
  void whatWasRemovedComesBackWithItsData() throws IOException {
    host.plugin().create("db1", "");
    write("db1");

    host.plugin().remove("db1");
    assertThat(host.plugin().names()).isEmpty();
    Await.until(
        "the trash lists it",
        Bed.SOON,
        () -> json(host.cli("trash", "list", "--json")).path("trash").size() == 1);
    assertThat(host.cli("trash", "restore", "db1", "--as", "db2").succeeded().err()).isEmpty();

    assertThat(host.plugin().names()).containsExactly("db2");
    assertHasData("db2");
    host.plugin().remove("db2");
    Await.until(
        "the trash lists it again",
        Bed.SOON,
        () -> json(host.cli("trash", "list", "--json")).path("trash").size() == 1);
    host.cli("trash", "purge", "db2").succeeded();
    assertThat(host.cli("trash", "restore", "db2").exit()).isEqualTo(3);
  }

  @Test
  void aProtectedVolumeIsNotRemoved() {
    host.plugin().create("safe", "");
    host.cli("protect", "safe").succeeded();

    Command.Result refused = host.cli("delete", "safe");

    assertThat(refused.exit()).isEqualTo(4);
    assertThat(refused.err())
        .isEqualTo(
            "doceph: volume safe is protected from being removed; `doceph unprotect safe` first");
    assertThat(host.plugin().names()).containsExactly("safe");
    host.cli("unprotect", "safe").succeeded();
    host.cli("delete", "safe").succeeded();
  }

  @Test
  void anImageOfOthersIsOnlyTouchedWhenItIsAdopted() throws IOException {
    // Given an image that somebody made and formatted
    foreignImage("theirs");
    assertThat(host.plugin().names()).isEmpty();
    Command.Result taken = host.cli("create", "theirs");
    assertThat(taken.exit()).isEqualTo(4);
    assertThat(taken.err())
        .contains("image volumes/theirs exists and is no volume of doceph's")
        .contains("`doceph adopt volumes/theirs`");

    // And a lock of a plugin that is gone
    rig.rbd("lock", "add", "volumes/theirs", "old host").succeeded();
    Command.Result locked = host.cli("adopt", "volumes/theirs");
    assertThat(locked.exit()).isEqualTo(4);
    assertThat(locked.err())
        .contains("image volumes/theirs has the lock 'old host' of client.")
        .contains("`rbd lock rm volumes/theirs 'old host' client.");
    assertThat(host.plugin().names()).isEmpty();
    String locker = locked.err().replaceAll("(?s).*' (client\\.\\d+)`.*", "$1");
    rig.rbd("lock", "rm", "volumes/theirs", "old host", locker).succeeded();

    // When it is adopted
    host.cli("adopt", "volumes/theirs").succeeded();

    // Then it is a volume, with its data
    assertThat(host.plugin().names()).containsExactly("theirs");
    assertHasData("theirs");
    host.plugin().remove("theirs");
    assertThat(host.cli("adopt", "volumes/nothing").exit()).isEqualTo(3);
  }

  /** An ext4 with a file in it, by plain tools. */
  private void foreignImage(String name) throws IOException {
    rig.rbd("create", "--size", "32M", "--image-feature", "layering", "volumes/" + name)
        .succeeded();
    Path other = Files.createTempDirectory("doceph-foreign");
    Path mountpoint = Files.createDirectory(other.resolve("mnt"));
    try (ForeignClient client = ForeignClient.open(rig, other.resolve("maps"), name)) {
      Command.of("mkfs.ext4", "-q", client.device()).run().succeeded();
      Command.of("mount", client.device(), mountpoint.toString()).run().succeeded();
      Files.writeString(mountpoint.resolve("f"), DATA);
      Command.of("umount", mountpoint.toString()).run().succeeded();
      client.unmap();
    } finally {
      Command.of("rm", "-rf", "--one-file-system", other.toString()).run().succeeded();
    }
  }

  @Test
  void theIndexIsRebuiltFromTheImages() throws IOException {
    host.plugin().create("one", "");
    host.plugin().create("two", "");
    write("one");
    // Given an index that has lost one, and has one whose image is gone
    rig.rados("-p", "volumes", "rmomapkey", "doceph.index", "one").succeeded();
    rig.rbd("rm", "--no-progress", "volumes/two").succeeded();
    rig.rbd("create", "--size", "8M", "volumes/theirs").succeeded();
    Await.until("one is not listed", Bed.SOON, () -> !host.plugin().names().contains("one"));
    Command.Result sick = host.cli("doctor");
    assertThat(sick.exit()).isEqualTo(7);
    assertThat(sick.out()).contains("its image volumes/two is gone").contains("doctor --repair");

    Command.Result repaired = host.cli("doctor", "--repair");

    assertThat(repaired.out())
        .contains("its entry in the index was written anew")
        .contains("its image is gone; it is not listed any more");
    Await.until(
        "one is listed, and two is not",
        Bed.SOON,
        () -> host.plugin().names().equals(List.of("one")));
    assertHasData("one");
    host.plugin().remove("one");
    rig.rbd("rm", "--no-progress", "volumes/theirs").succeeded();
  }

  @Test
  void theHostsTablesFollowTheVolumes() throws IOException {
    Path rbdmap = Files.writeString(scratch.resolve("rbdmap"), "# mine\nvolumes/v-10 id=x\n");
    Path fstab = Files.writeString(scratch.resolve("fstab"), "/dev/vda / ext4 defaults 0 1\n");

    host.plugin().create("v-1", "");

    assertThat(rbdmap)
        .content()
        .startsWith("# mine\nvolumes/v-10 id=x\n")
        .contains("volumes/v-1 id=docker,keyring=/etc/ceph/ceph.client.docker.keyring\n")
        .doesNotContain("secret");
    assertThat(fstab)
        .content()
        .startsWith("/dev/vda / ext4 defaults 0 1\n")
        .contains("/dev/rbd/volumes/v-1 ")
        .contains(" ext4 noauto,nofail,_netdev 0 0\n");
    host.plugin().remove("v-1");
    assertThat(rbdmap).hasContent("# mine\nvolumes/v-10 id=x");
    assertThat(fstab).hasContent("/dev/vda / ext4 defaults 0 1");
  }

  @Test
  void volumesOfTheFirstDocephAreTakenOver() throws IOException {
    // Given what the first doceph left: an image with layering alone, and lines in three places
    foreignImage("volume-1q2xw342f");
    Path metadata = Files.createTempDirectory("doceph-metadata");
    Files.writeString(
        metadata.resolve("volume-1q2xw342f"),
        "{\"Name\": \"volume-1q2xw342f\", \"Opts\": {\"pool\": \"volumes\", \"fs\": \"ext4\","
            + " \"size\": 1, \"auth_user\": \"cinder\"}}");
    Path rbdmap =
        Files.writeString(
            scratch.resolve("rbdmap"),
            "volumes/volume-1q2xw342f id=cinder,keyring=/etc/ceph/k\nvolumes/other id=cinder\n");
    Path fstab =
        Files.writeString(
            scratch.resolve("fstab"),
            "/dev/vda / ext4 defaults 0 1\n/dev/rbd0 /mnt/local/volume-1q2xw342f ext4 defaults,_netdev 0 0\n");

    // When it is only looked at, nothing changes
    host.cli("import-legacy", "--metadata", metadata.toString(), "--dry-run").succeeded();
    assertThat(host.plugin().names()).isEmpty();

    // When it is imported
    host.cli("import-legacy", "--metadata", metadata.toString());

    // Then it is a volume with its data, and its old lines are gone
    assertThat(host.plugin().names()).containsExactly("volume-1q2xw342f");
    assertHasData("volume-1q2xw342f");
    assertThat(rbdmap)
        .content()
        .contains("volumes/other id=cinder\n")
        .doesNotContain("=/etc/ceph/k");
    assertThat(fstab).content().doesNotContain("/dev/rbd0");
    assertThat(scratch.resolve("fstab.before-doceph")).content().contains("/dev/rbd0");
    host.plugin().remove("volume-1q2xw342f");
    Command.of("rm", "-r", metadata.toString()).run().succeeded();
  }
}
