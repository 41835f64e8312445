package io.doceph.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.doceph.rig.Await;
import io.doceph.rig.PluginClient;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An administrator takes a volume from a host that lives, or lets many hosts read it. */
@Tag("rig")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class SharedAccessIT extends TwoHosts {
  private static final Duration FORGOTTEN = Duration.ofSeconds(60);

  SharedAccessIT() {
    super("DOCEPH_RBD_TAKEOVER_WAIT", "3s");
  }

  @Test
  void anAdministratorStealsFromAHostThatLives() throws IOException {
    // Given a container on alpha that writes
    alpha().plugin().create("stolen", "");
    Path there = alpha().plugin().mount("stolen", "c1");
    Writer writer = Writer.start(there.resolve("log"));
    writer.awaitMoreThan(3);
    String address = CephHost.watchers(rig(), "stolen").getFirst();

    // When it is stolen on beta
    PluginClient.Answer answer = beta().post("/v1/volumes/stolen/steal", "");
    // Then it is told what was done, and how that is undone
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    assertThat(answer.body())
        .contains("host alpha (" + address + ")", "`ceph osd blocklist rm " + address + "`");
    // and alpha writes nothing any more, and says why before anybody else has the volume
    assertThat(writer.awaitFailure()).hasMessageContaining("Input/output error");
    writer.close();
    Await.until(
        "alpha knows",
        Bed.SOON,
        () -> alpha().status("stolen").path("problem").asText().contains("cut off"));

    // When beta mounts it, then it has all that was synced
    Path here = beta().plugin().mount("stolen", "c2");
    assertThat(Files.readAllLines(here.resolve("log"))).contains(Long.toString(writer.lines()));
    Files.writeString(here.resolve("more"), "of beta");
    // and alpha lets go without a hang when its container ends, and beta goes on
    alpha().plugin().unmount("stolen", "c1");
    alpha().assertNothingLeft();
    beta().plugin().unmount("stolen", "c2");
    assertThat(beta().plugin().mount("stolen", "c3").resolve("more")).hasContent("of beta");
    beta().plugin().unmount("stolen", "c3");
    beta().plugin().remove("stolen");
  }

  @Test
  void manyReadWhileNobodyWrites() throws IOException {
    // Given a volume with data that alpha has mounted to write
    alpha().plugin().create("shared", "");
    Files.writeString(alpha().plugin().mount("shared", "c1").resolve("f"), "for all");
    // Then it cannot be made one that is only read, by neither of them
    refused(alpha(), true, "is used by this host");
    refused(beta(), true, "is in use on host alpha (");

    // When nobody has it and it is made one that is only read
    alpha().plugin().unmount("shared", "c1");
    changed(alpha(), true);
    // Then both mount it at once
    List<Path> places = List.of(alpha().plugin().mount("shared", "c1"), mountedSoon(beta(), "c2"));
    for (Path place : places) {
      assertThat(place.resolve("f")).hasContent("for all");
      assertThatThrownBy(() -> Files.writeString(place.resolve("g"), "x"))
          .isInstanceOf(FileSystemException.class)
          .hasMessageContaining("Read-only file system");
    }
    // and it cannot be made one that is written while either of them reads
    refused(beta(), false, "is used by this host");
    beta().plugin().unmount("shared", "c2");
    refused(beta(), false, "is read on host alpha since ");
    alpha().plugin().unmount("shared", "c1");

    // When all are done, then it can at once
    changed(beta(), false);
    Files.writeString(beta().plugin().mount("shared", "c3").resolve("g"), "x");
    // and the other host knows it at once, too
    Plugin.refused(alpha().plugin().tryMount("shared", "c4"), 500);
    beta().plugin().unmount("shared", "c3");
    assertThat(alpha().plugin().mount("shared", "c5").resolve("g")).hasContent("x");
    alpha().plugin().unmount("shared", "c5");
    beta().plugin().remove("shared");
  }

  @Test
  void aReaderThatIsGoneForGoodIsStolenFrom() {
    // Given a volume that alpha reads when its power is cut
    alpha().plugin().create("shared", "");
    changed(alpha(), true);
    Path unused = alpha().plugin().mount("shared", "c1");
    alpha().powerCut();

    // Then it can neither be removed nor written, for nobody can say whether alpha is alive
    assertThat(access(beta(), false).body())
        .contains("is read on host alpha", "doceph steal shared");
    assertThat(beta().plugin().tryRemove("shared").err()).contains("is read on host alpha");
    // until somebody says so
    PluginClient.Answer answer = beta().post("/v1/volumes/shared/steal", "");
    assertThat(answer.body()).contains("not counted as a reader any more");
    changed(beta(), false);
    beta().plugin().remove("shared");
  }

  @Test
  void aReaderThatLivesIsNotStolenFrom() {
    // Given a volume that alpha reads
    alpha().plugin().create("shared", "");
    changed(alpha(), true);
    Path place = alpha().plugin().mount("shared", "c1");

    // When it is stolen, then it is said that alpha reads on, and it does
    PluginClient.Answer answer = beta().post("/v1/volumes/shared/steal", "");
    assertThat(answer.body()).contains("host alpha since ", "it is alive and reads on");
    assertThat(place).isDirectory();
    refused(beta(), false, "is read on host alpha since ");
    assertThat(beta().plugin().tryRemove("shared").err()).contains("is read on host alpha");

    // When alpha is done, then it may be removed
    alpha().plugin().unmount("shared", "c1");
    beta().plugin().remove("shared");
  }

  @Test
  void whatIsProtectedOrGrownElsewhereStaysOneThatIsRead() {
    // Given a host that does not know yet that a volume is only read now
    alpha().plugin().create("shared", "");
    Await.until("beta knows it", Bed.SOON, () -> beta().plugin().names().contains("shared"));
    changed(alpha(), true);

    // When it protects it, then it is still one that is only read
    beta().cli("protect", "shared").succeeded();
    Path there = alpha().plugin().mount("shared", "c1");
    assertThat(there).isDirectory();
    assertThat(beta().plugin().mount("shared", "c2")).isDirectory();
    assertThat(beta().cli("grow", "shared", "32M").err()).contains("read-only");
    beta().plugin().unmount("shared", "c2");
    alpha().plugin().unmount("shared", "c1");
    alpha().cli("unprotect", "shared").succeeded();
    alpha().plugin().remove("shared");
  }

  @Test
  void whatWasInterruptedIsMountedByNobodyUntilItIsFinished() throws IOException {
    // Given a host that died while it made a volume one that is only read
    alpha().plugin().create("shared", "");
    Path entry = Files.createTempFile("entry", ".json");
    rig()
        .rados("-p", "volumes", "getomapval", "doceph.index", "shared", entry.toString())
        .succeeded();
    String changing =
        Files.readString(entry).replace("\"options\":{", "\"options\":{\"changing-access\":true,");
    rig().rados("-p", "volumes", "setomapval", "doceph.index", "shared", changing).succeeded();
    Files.delete(entry);

    // Then nobody mounts it, and it is said what to do
    for (CephHost host : List.of(alpha(), beta())) {
      PluginClient.Answer answer = host.plugin().tryMount("shared", "c1");
      Plugin.refused(answer, 500);
      assertThat(answer.err()).contains("`doceph access shared ro`");
      host.assertNothingLeft();
    }

    // When that is done, then it is read; and it goes back as well
    changed(beta(), true);
    assertThat(alpha().plugin().mount("shared", "c2")).isDirectory();
    alpha().plugin().unmount("shared", "c2");
    changed(alpha(), false);
    Files.writeString(beta().plugin().mount("shared", "c3").resolve("f"), "x");
    beta().plugin().unmount("shared", "c3");
    beta().plugin().remove("shared");
  }

  /** To the cluster, the program that has changed the image last may live on for half a minute. */
  private static Path mountedSoon(CephHost host, String id) {
    List<PluginClient.Answer> answers = new ArrayList<>();
    Await.until(
        () -> "it is mounted: " + answers.getLast(),
        FORGOTTEN,
        () -> {
          answers.add(host.plugin().tryMount("shared", id));
          return answers.getLast().err().isEmpty();
        });
    return Path.of(answers.getLast().json().path("Mountpoint").asText());
  }

  private static PluginClient.Answer access(CephHost host, boolean readOnly) {
    return host.post("/v1/volumes/shared/access", "{\"readOnly\":" + readOnly + "}");
  }

  private static void changed(CephHost host, boolean readOnly) {
    PluginClient.Answer answer = access(host, readOnly);
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
  }

  private static void refused(CephHost host, boolean readOnly, String why) {
    PluginClient.Answer answer = access(host, readOnly);
    assertThat(answer.status()).as(answer.body()).isEqualTo(409);
    assertThat(answer.body()).contains("volume shared " + why);
  }
}
