package io.doceph.rig;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** dockerd ends, in good order or not, under containers that have volumes. */
class DockerdRestartIT extends RigTest {
  private static final Map<String, String> QUICK_REAPER =
      Map.of("DOCEPH_REAPER_INTERVAL", "1s", "DOCEPH_REAPER_GRACE", "1s");

  /** Long enough for the quick reaper to have done what it must not do. */
  private static final Duration REAPED = Duration.ofSeconds(3);

  @ParameterizedTest
  @ValueSource(strings = {"vfs", "loop", "rbd"})
  void aRestartInGoodOrderUnmountsAndMountsAgain(String backend) {
    DocephDaemon daemon = doceph(backend);
    String volume = volume("order");
    String container = hold(volume, "--volume-driver", DRIVER, "--restart=always");
    docker("exec", container, "sh", "-c", "echo data > /data/f");
    calls().forget();

    rig().restartDockerd();
    awaitRunning(container);

    assertThat(calls().changes()).containsExactly("Unmount " + volume, "Mount " + volume);
    assertThat(docker("exec", container, "cat", "/data/f")).isEqualTo("data");
    docker("rm", "-f", container);
    assertThat(leftBy(daemon)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"vfs", "loop", "rbd"})
  void afterAKillTheSameHolderMountsAgain(String backend) {
    // Given a container that comes back by itself
    DocephDaemon daemon = doceph(backend);
    String volume = volume("again");
    String container = hold(volume, "--volume-driver", DRIVER, "--restart=always");
    docker("exec", container, "sh", "-c", "echo data > /data/f; sync /data/f");
    String id = calls().calls("Mount").getLast().id();
    calls().forget();

    // When dockerd is killed and started, and the container is removed later
    rig().killDockerd();
    rig().startDockerd();
    awaitRunning(container);
    String read = docker("exec", container, "cat", "/data/f");
    docker("rm", "-f", container);

    // Then there were two Mounts with one ID, and its one Unmount ends both
    assertThat(read).isEqualTo("data");
    assertThat(calls().changes()).containsExactly("Mount " + volume, "Unmount " + volume);
    assertThat(calls().calls("Mount").getFirst().id()).isEqualTo(id);
    assertThat(leftBy(daemon)).isEmpty();
    assertThat(holders(daemon, volume)).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"vfs", "loop", "rbd"})
  void whatAKilledDockerdNeverUnmountsIsReaped(String backend) {
    // Given a container that does not come back
    DocephDaemon daemon = doceph(backend, QUICK_REAPER);
    String volume = volume("reaped");
    String container = hold(volume, "--volume-driver", DRIVER);
    docker("exec", container, "sh", "-c", "echo data > /data/f; sync /data/f");
    calls().forget();

    // When dockerd is killed and started
    rig().killDockerd();
    rig().startDockerd();

    // Then no Unmount ever comes, and yet the volume is unmounted in the end
    Await.until("unmounted", SOON, () -> leftBy(daemon).isEmpty());
    Await.until("without holders", SOON, () -> holders(daemon, volume) == 0);
    docker("rm", "-f", container);
    assertThat(calls().changes()).isEmpty();
    assertThat(inContainer(volume, "cat /data/f")).isEqualTo("data");
    docker("volume", "rm", volume);
  }

  @ParameterizedTest
  @ValueSource(strings = {"vfs", "loop", "rbd"})
  void underLiveRestoreTheContainerKeepsItsVolume(String backend) throws InterruptedException {
    // Given a container that outlives dockerd, and a reaper in a hurry
    rig().restartDockerd("--live-restore");
    DocephDaemon daemon = doceph(backend, QUICK_REAPER);
    String volume = volume("kept");
    String container = hold(volume, "--volume-driver", DRIVER);
    String id = calls().calls("Mount").getLast().id();
    docker("exec", container, "sh", "-c", "echo data > /data/f; sync /data/f");
    calls().forget();

    // When dockerd is killed and started, and the daemon too
    rig().killDockerd();
    daemon.kill9();
    daemon.start();
    rig().startDockerd("--live-restore");
    Thread.sleep(REAPED);

    // Then the container still has its volume, and its stop unmounts it with the first ID
    assertThat(docker("exec", container, "sh", "-c", "echo more >> /data/f; cat /data/f").lines())
        .containsExactly("data", "more");
    docker("stop", container);
    assertThat(calls().changes()).containsExactly("Unmount " + volume);
    assertThat(calls().calls("Unmount").getFirst().id()).isEqualTo(id);
    assertThat(leftBy(daemon)).isEmpty();
    docker("start", container);
    assertThat(docker("exec", container, "cat", "/data/f").lines()).containsExactly("data", "more");
    docker("rm", "-f", container);
  }

  @ParameterizedTest
  @ValueSource(strings = {"loop", "rbd"})
  void copyingIntoAContainerThatOutlivedDockerdLeavesItsMount(String backend) {
    // Given a container that outlived dockerd: docker cp mounts again with its ID, and unmounts
    rig().restartDockerd("--live-restore");
    DocephDaemon daemon = doceph(backend, QUICK_REAPER);
    String volume = volume("outlived");
    String container = hold(volume, "--volume-driver", DRIVER);
    rig().restartDockerd("--live-restore");
    List<String> mounted = leftBy(daemon);

    // When something is copied into it
    docker("cp", daemon.directory().resolve("doceph.log").toString(), container + ":/data/log");

    // Then its volume is still mounted, so that another container gets the same device
    assertThat(leftBy(daemon)).isEqualTo(mounted);
    assertThat(inContainer(volume, "touch /data/other && ls /data")).contains("log");
    assertThat(docker("exec", container, "ls", "/data")).contains("other");
    docker("rm", "-f", container);
    Await.until("unmounted", SOON, () -> leftBy(daemon).isEmpty());
  }

  @ParameterizedTest
  @ValueSource(strings = {"loop", "rbd"})
  void whatAPersonHasMountedOutlivesDockerd(String backend) throws InterruptedException {
    // Given a volume that a person has mounted by hand
    DocephDaemon daemon = doceph(backend, QUICK_REAPER);
    String volume = volume("byhand");
    docker("volume", "create", "-d", DRIVER, volume);
    cli(daemon, "mount", volume).succeeded();
    List<String> mounted = leftBy(daemon);

    // When dockerd is restarted, and the reaper has had its time
    rig().restartDockerd();
    Thread.sleep(REAPED);

    // Then it is mounted until that person is done
    assertThat(leftBy(daemon)).isNotEmpty().isEqualTo(mounted);
    cli(daemon, "umount", volume).succeeded();
    assertThat(leftBy(daemon)).isEmpty();
  }

  private void awaitRunning(String container) {
    Await.until(
        "container runs again",
        SOON,
        () -> docker("inspect", "-f", "{{.State.Running}}", container).equals("true"));
  }

  private static int holders(DocephDaemon daemon, String volume) {
    try (PluginClient client = daemon.client()) {
      var answer = client.post("/VolumeDriver.Get", "{\"Name\":\"" + volume + "\"}\n");
      assertThat(List.of(200)).contains(answer.status());
      return answer.json().path("Volume").path("Status").path("holders").asInt();
    }
  }
}
