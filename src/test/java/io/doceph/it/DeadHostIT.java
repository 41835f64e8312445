package io.doceph.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A host dies with a volume mounted: another one, or itself after a boot, takes it over. */
@Tag("rig")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class DeadHostIT extends TwoHosts {
  private static final Duration PROMISED = Duration.ofSeconds(90);

  @Test
  void anotherHostTakesOverByItself() throws IOException {
    // Given a container on alpha that writes
    alpha().plugin().create("orphan", "");
    Path there = alpha().plugin().mount("orphan", "c1");
    Writer writer = Writer.start(there.resolve("log"));
    writer.awaitMoreThan(20);
    String dead = CephHost.watchers(rig(), "orphan").getFirst();

    // When alpha's power fails and beta's dockerd starts the container
    alpha().powerCut();
    long synced = writer.lines();
    Duration took = mountOnBeta();
    System.out.println("takeover after a power cut: " + took.toMillis() + " ms");

    // Then it has the volume, with all that was synced, and goes on
    assertThat(took).isLessThan(PROMISED);
    Path here = Path.of(beta().mounts().getFirst());
    assertThat(Files.readAllLines(here.resolve("log")).stream().map(Long::valueOf).toList())
        .startsWith(1L)
        .contains(synced);
    Files.writeString(here.resolve("more"), "of beta");
    // and alpha's client is cut off for long, and its lock is broken
    assertThat(rig().ceph("osd", "blocklist", "ls").succeeded().out()).contains(dead);
    assertThat(rig().rbd("lock", "ls", "volumes/orphan").succeeded().out()).doesNotContain(dead);
    // and the log says what was done and how it is undone
    assertThat(beta().daemon().log())
        .contains("volume=orphan: taken over from host alpha (" + dead + ")")
        .contains("`ceph osd blocklist rm " + dead + "`");
    writer.close();

    // When alpha is back, then it knows who has the volume
    alpha().boot();
    assertThat(alpha().plugin().tryMount("orphan", "c3").err()).contains("host beta (");
    beta().plugin().unmount("orphan", "c2");
    // and gets it again when beta is done
    assertThat(alpha().plugin().mount("orphan", "c3").resolve("more")).hasContent("of beta");
    alpha().plugin().unmount("orphan", "c3");
    alpha().plugin().remove("orphan");
  }

  private Duration mountOnBeta() {
    long begin = System.nanoTime();
    Path unused = beta().plugin().mount("orphan", "c2");
    return Duration.ofNanos(System.nanoTime() - begin);
  }

  @Test
  void aHostTakesItsOwnVolumeOverAfterABoot() throws IOException {
    // Given a volume with synced data that alpha had mounted when its power failed
    alpha().plugin().create("own", "");
    Path there = alpha().plugin().mount("own", "c1");
    try (Writer writer = Writer.start(there.resolve("log"))) {
      writer.awaitMoreThan(3);
    }
    String dead = CephHost.watchers(rig(), "own").getFirst();
    alpha().powerCut();

    // When it boots, and its dockerd starts the container
    alpha().boot();
    long begin = System.nanoTime();
    Path here = alpha().plugin().mount("own", "c1");
    Duration took = Duration.ofNanos(System.nanoTime() - begin);
    System.out.println("a rebooted host has its volume again after " + took.toMillis() + " ms");

    // Then the volume is there once the cluster knows that the earlier client is dead
    assertThat(took).isLessThan(PROMISED);
    assertThat(Files.readAllLines(here.resolve("log"))).hasSizeGreaterThan(3).startsWith("1");
    assertThat(CephHost.watchers(rig(), "own")).hasSize(1).doesNotContain(dead);
    assertThat(rig().ceph("osd", "blocklist", "ls").succeeded().out()).contains(dead);
    assertThat(alpha().status("own").path("problem").asText()).isEmpty();
    alpha().plugin().unmount("own", "c1");
    alpha().plugin().remove("own");
  }
}
