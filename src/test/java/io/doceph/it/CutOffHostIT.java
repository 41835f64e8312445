package io.doceph.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.doceph.rig.Await;
import io.doceph.rig.CephRig;
import io.doceph.rig.HostNetwork;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A host lives on and is cut off from the cluster with a volume mounted, another host takes the
 * volume over, and then the first one's network is back: it must not write a byte.
 */
@Tag("rig")
@Timeout(value = 6, unit = TimeUnit.MINUTES)
class CutOffHostIT {
  private static final Duration PROMISED = Duration.ofSeconds(90);

  private HostNetwork network;
  private CephRig rig;
  private CephHost alpha;
  private CephHost beta;

  @BeforeEach
  void twoHosts() {
    assumeTrue(Bed.isRoot(), "mounting needs root");
    network = HostNetwork.lay();
    rig = CephRig.up(Map.of("CEPH_IP", network.clusterAddress()));
    alpha = new CephHost(rig, "alpha", network.inside());
    beta = new CephHost(rig, "beta", List.of());
    alpha.start();
    beta.start();
  }

  @AfterEach
  void end() {
    try (HostNetwork cable = network;
        CephRig cluster = rig;
        CephHost first = alpha;
        CephHost second = beta) {
      if (cable != null && cluster != null && first != null && second != null) {
        first.assertNothingLeft();
        second.assertNothingLeft();
        CephHost.assertClusterEmpty(cluster);
      }
    }
  }

  @Test
  void aHostThatWakesUpWritesNothing() throws IOException {
    // Given a container on alpha that writes
    alpha.plugin().create("cut", "");
    Path there = alpha.plugin().mount("cut", "c1");
    Writer late = Writer.start(there.resolve("log"));
    late.awaitMoreThan(20);
    String address = CephHost.watchers(rig, "cut").getFirst();
    assertThat(address).startsWith(network.hostAddress() + ":");

    // When alpha is cut off, and beta's dockerd starts the container
    network.pull();
    long begin = System.nanoTime();
    Path here = beta.plugin().mount("cut", "c2");
    Duration took = Duration.ofNanos(System.nanoTime() - begin);
    System.out.println("takeover from a host that is cut off: " + took.toMillis() + " ms");
    // Then beta has it, with all that was synced
    assertThat(took).isLessThan(PROMISED);
    long synced = late.lines();
    assertThat(Files.readAllLines(here.resolve("log"))).contains(Long.toString(synced));
    assertThat(rig.ceph("osd", "blocklist", "ls").succeeded().out()).contains(address);
    byte[] data = new byte[8 << 20];
    new Random(1).nextBytes(data);
    Files.write(here.resolve("of-beta"), data);

    // When alpha's network is back
    network.plug();
    // Then what it was writing all the time is refused
    assertThat(late.awaitFailure()).hasMessageContaining("Input/output error");
    late.close();
    assertThat(late.lines()).isEqualTo(synced);
    // and it knows and says why
    Await.until("alpha knows", Bed.SOON, () -> problem().contains("has taken it over"));
    assertThat(alpha.status("cut").path("usedBy").asText()).startsWith("host beta (");
    assertThat(alpha.doctor("volume cut")).contains("has taken it over");
    // and gives it to no further container
    assertThat(alpha.plugin().tryMount("cut", "c3").err()).contains("has taken it over");

    // When the container on beta ends, then alpha's device is still good for nothing
    beta.plugin().unmount("cut", "c2");
    Await.until("alpha sees it", Bed.SOON, () -> !alpha.status("cut").has("usedBy"));
    assertThat(problem()).contains("cut off");
    assertThat(alpha.plugin().tryMount("cut", "c3").err()).contains("cut off");

    // When the container on alpha ends
    begin = System.nanoTime();
    alpha.plugin().unmount("cut", "c1");
    took = Duration.ofNanos(System.nanoTime() - begin);
    System.out.println("what was cut off is unmounted after " + took.toMillis() + " ms");
    // Then all of it is gone without a hang
    assertThat(took).isLessThan(Duration.ofSeconds(40));
    alpha.assertNothingLeft();
    assertThat(problem()).isEmpty();

    // and alpha may have the volume again, where beta's data are unharmed, and others
    here = alpha.plugin().mount("cut", "c4");
    assertThat(here.resolve("of-beta")).hasBinaryContent(data);
    alpha.plugin().unmount("cut", "c4");
    alpha.plugin().create("other", "");
    Files.writeString(alpha.plugin().mount("other", "c5").resolve("f"), "works");
    alpha.plugin().unmount("other", "c5");
    alpha.plugin().remove("other");
    alpha.plugin().remove("cut");
  }

  /** What alpha says is wrong with the volume. */
  private String problem() {
    return alpha.status("cut").path("problem").asText();
  }
}
