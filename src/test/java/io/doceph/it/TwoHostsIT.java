package io.doceph.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.doceph.rig.Await;
import io.doceph.rig.PluginClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Two hosts that live, on one cluster: a volume follows its container, and one writes at a time.
 */
@Tag("rig")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class TwoHostsIT extends TwoHosts {
  /** Within this another host shows what one has changed. */
  private static final Duration SECONDS = Duration.ofSeconds(10);

  TwoHostsIT() {
    super("DOCEPH_RBD_TAKEOVER_WAIT", "3s");
  }

  @Override
  void assertNoMore() {
    assertThat(rig().ceph("osd", "blocklist", "ls").succeeded().out())
        .as("hosts that live are not cut off")
        .isEmpty();
  }

  @Test
  void aVolumeFollowsItsContainer() throws IOException {
    // Given a volume that was made on alpha
    alpha().plugin().create("follows", "");
    // Then beta shows it within seconds
    Await.until("beta lists it", SECONDS, () -> beta().plugin().names().contains("follows"));

    // When a container on alpha writes to it
    byte[] data = random(4 << 20);
    write(alpha().plugin().mount("follows", "c1").resolve("data"), data);
    // Then beta says who uses it, from where and since when, and alpha says nothing of it
    Await.until("beta shows alpha", SECONDS, () -> beta().status("follows").has("usedBy"));
    assertThat(beta().status("follows").path("usedBy").asText())
        .matches("host alpha \\(" + address("follows") + "\\) since 20[0-9T:-]*Z");
    assertThat(beta().cli("inspect", "follows").succeeded().out()).contains("host alpha (");
    assertThat(alpha().status("follows").has("usedBy")).isFalse();

    // When it ends on alpha and is started at once on beta
    alpha().plugin().unmount("follows", "c1");
    long begin = System.nanoTime();
    Path there = beta().plugin().mount("follows", "c2");
    Duration took = Duration.ofNanos(System.nanoTime() - begin);
    System.out.println("a volume follows its container: mounted after " + took.toMillis() + " ms");
    // Then it is there without a wait, and nobody was cut off for that
    assertThat(took).isLessThan(Duration.ofSeconds(15));
    assertThat(there.resolve("data")).hasBinaryContent(data);
    assertThat(beta().daemon().log()).doesNotContain("taken over");

    // When it goes back
    write(there.resolve("more"), data);
    beta().plugin().unmount("follows", "c2");
    // Then that works as well
    assertThat(alpha().plugin().mount("follows", "c3").resolve("more")).hasBinaryContent(data);
    alpha().plugin().unmount("follows", "c3");
    Await.until("beta shows nobody", SECONDS, () -> !beta().status("follows").has("usedBy"));

    // When beta removes it, then alpha does not show it any more within seconds
    beta().plugin().remove("follows");
    Await.until("alpha forgets it", SECONDS, () -> alpha().plugin().names().isEmpty());
  }

  @Test
  void aSecondHostIsRefusedWhileTheFirstOneLives() throws Exception {
    // Given a container on alpha that writes all the time
    alpha().plugin().create("held", "");
    Path there = alpha().plugin().mount("held", "c1");
    try (Writer writer = Writer.start(there.resolve("log"))) {
      String address = address("held");

      // When beta wants the volume
      long before = writer.lines();
      long begin = System.nanoTime();
      PluginClient.Answer answer = beta().plugin().tryMount("held", "c2");
      Duration took = Duration.ofNanos(System.nanoTime() - begin);
      System.out.println("refused while the first host lives: after " + took.toMillis() + " ms");

      // Then it is told who has it and what to do, once a dead host had had time to show itself
      Plugin.refused(answer, 500);
      assertThat(answer.err())
          .containsPattern("in use on host alpha \\(" + address + "\\) since 20[0-9T:-]*Z")
          .contains("`doceph who held`");
      assertThat(took).isBetween(Duration.ofSeconds(2), Duration.ofSeconds(20));
      // and nothing is left of the attempt
      beta().assertNothingLeft();
      assertThat(CephHost.watchers(rig(), "held")).containsExactly(address);
      // and alpha has written on
      writer.awaitMoreThan(before + 3);
    }
    assertThat(alpha().status("held").path("problem").asText()).isEmpty();
    alpha().plugin().unmount("held", "c1");

    // When alpha has ended, then beta gets it
    beta().plugin().mount("held", "c2");
    beta().plugin().unmount("held", "c2");
    beta().plugin().remove("held");
  }

  @RepeatedTest(2)
  void oneOfTwoThatMountAtOnce() throws Exception {
    alpha().plugin().create("both", "");
    int won = 0;
    for (int round = 0; round < 5; round++) {
      // When both mount it at the same instant
      List<PluginClient.Answer> answers = atOnce(p -> p.tryMount("both", "c"));
      List<PluginClient.Answer> refused = answers.stream().filter(a -> !a.err().isEmpty()).toList();
      System.out.println("round " + round + ": refused " + refused);

      // Then one at most has it, and the other one is told why
      int writers = alpha().mounts().size() + beta().mounts().size();
      assertThat(writers).isEqualTo(2 - refused.size()).isLessThanOrEqualTo(1);
      assertThat(CephHost.watchers(rig(), "both")).hasSize(writers);
      assertThat(alpha().maps().size() + beta().maps().size()).isEqualTo(writers);
      for (PluginClient.Answer each : refused) {
        Plugin.refused(each, 500);
        assertThat(each.err())
            .containsPattern("in use on |being taken into use on several hosts at once; try again");
      }
      won += writers;
      for (CephHost host : List.of(alpha(), beta())) {
        host.plugin().unmount("both", "c");
      }
    }
    assertThat(won).as("rounds that somebody won").isEqualTo(5);
    alpha().plugin().remove("both");
  }

  @RepeatedTest(3)
  void bothCreateTheSameName() throws Exception {
    // When two dockerds create the same volume at once, as for a service of a swarm
    List<PluginClient.Answer> answers = atOnce(p -> p.tryCreate("service", "\"size\":\"32M\""));
    // Then both have it, and there is one image
    answers.forEach(Plugin::succeeded);
    assertThat(rig().rbd("ls", "volumes").succeeded().out()).isEqualTo("service");
    // and it works on both
    for (CephHost host : List.of(alpha(), beta())) {
      assertThat(host.plugin().names()).containsExactly("service");
      write(host.plugin().mount("service", "c").resolve("f"), random(1000));
      host.plugin().unmount("service", "c");
    }
    // and is gone for both when one of them removes it; the other one's Remove is success
    beta().plugin().remove("service");
    alpha().plugin().remove("service");
    assertThat(alpha().plugin().names()).isEmpty();
  }

  @Test
  void whatIsMountedElsewhereIsNotRemoved() throws IOException {
    // Given a volume that alpha has mounted
    byte[] data = random(1 << 20);
    alpha().plugin().create("kept", "");
    Path there = alpha().plugin().mount("kept", "c1");
    write(there.resolve("data"), data);

    // When beta removes it, then it is refused with alpha's name, and all is as it was
    PluginClient.Answer answer = beta().plugin().tryRemove("kept");
    Plugin.refused(answer, 500);
    assertThat(answer.err()).contains("host alpha (" + address("kept") + ")");
    assertThat(there.resolve("data")).hasBinaryContent(data);
    assertThat(beta().plugin().names()).containsExactly("kept");
    alpha().plugin().unmount("kept", "c1");
    assertThat(alpha().plugin().mount("kept", "c2").resolve("data")).hasBinaryContent(data);
    alpha().plugin().unmount("kept", "c2");

    // When alpha is done, then beta may, and alpha's own Remove of what is gone is success
    beta().plugin().remove("kept");
    alpha().plugin().remove("kept");
    assertThat(alpha().plugin().names()).isEmpty();
  }

  private String address(String volume) {
    List<String> watchers = CephHost.watchers(rig(), volume);
    assertThat(watchers).hasSize(1);
    return watchers.getFirst();
  }

  /** The answers of alpha and of beta to the same call at the same time. */
  private List<PluginClient.Answer> atOnce(Function<Plugin, PluginClient.Answer> call)
      throws Exception {
    var barrier = new CyclicBarrier(2);
    // Threads of their own: the common pool may have a single one.
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      var first = threads.submit(() -> after(barrier, alpha(), call));
      var second = threads.submit(() -> after(barrier, beta(), call));
      return List.of(first.get(2, TimeUnit.MINUTES), second.get(2, TimeUnit.MINUTES));
    }
  }

  private static PluginClient.Answer after(
      CyclicBarrier barrier, CephHost host, Function<Plugin, PluginClient.Answer> call) {
    try (Plugin plugin = new Plugin(host.daemon())) {
      barrier.await(1, TimeUnit.MINUTES);
      return call.apply(plugin);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] random(int bytes) {
    byte[] data = new byte[bytes];
    new Random(bytes).nextBytes(data);
    return data;
  }

  private static void write(Path file, byte[] data) throws IOException {
    Files.write(file, data);
  }
}
