package io.doceph.rig;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The daemon is killed under containers that use its volumes. */
class DaemonCrashIT extends RigTest {

  @ParameterizedTest
  @ValueSource(strings = {"vfs", "loop", "rbd"})
  void containersGoOnAndTheirStopsUnmount(String backend) {
    // Given two volumes, one of them with two containers
    DocephDaemon daemon = doceph(backend);
    String shared = volume("shared");
    String single = volume("single");
    String first = hold(shared, "--volume-driver", DRIVER);
    List<String> others =
        List.of(hold(shared, "--volume-driver", DRIVER), hold(single, "--volume-driver", DRIVER));

    // When the daemon is killed and started again
    daemon.kill9();
    docker("exec", first, "sh", "-c", "echo while-away > /data/f; sync /data/f");
    daemon.start();

    // Then the containers have their volumes until the last stops, and nothing is left then
    docker("stop", first);
    assertThat(docker("exec", others.getFirst(), "cat", "/data/f")).isEqualTo("while-away");
    others.forEach(container -> docker("stop", container));
    assertThat(leftBy(daemon)).isEmpty();
    assertThat(inContainer(shared, "cat /data/f")).isEqualTo("while-away");
    assertThat(calls().calls("Path")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"loop", "rbd"})
  void aKilledContainerOfADeadDaemonIsUnmountedLater(String backend) {
    // Given a container that is removed while the daemon is away
    DocephDaemon daemon =
        doceph(backend, Map.of("DOCEPH_REAPER_INTERVAL", "1s", "DOCEPH_REAPER_GRACE", "1s"));
    String volume = volume("orphan");
    String container = hold(volume, "--volume-driver", DRIVER);
    docker("exec", container, "sh", "-c", "echo data > /data/f; sync /data/f");
    daemon.kill9();
    rig().killDockerd();
    daemon.start();

    // When dockerd comes back and never speaks of it again
    rig().startDockerd();

    // Then the volume is unmounted all the same
    Await.until("unmounted", SOON, () -> leftBy(daemon).isEmpty());
    assertThat(inContainer(volume, "cat /data/f")).isEqualTo("data");
    docker("rm", "-f", container);
  }

  @ParameterizedTest
  @ValueSource(strings = {"loop", "rbd"})
  void aContainerThatStopsWhileTheDaemonIsAwayIsUnmountedLater(String backend) {
    // Given a container that stops while the daemon is away: dockerd asks for 15 s, then gives up
    // for good
    DocephDaemon daemon =
        doceph(backend, Map.of("DOCEPH_REAPER_INTERVAL", "1s", "DOCEPH_REAPER_GRACE", "1s"));
    String volume = volume("missed");
    String container = hold(volume, "--volume-driver", DRIVER);
    docker("exec", container, "sh", "-c", "echo data > /data/f; sync /data/f");
    daemon.kill9();
    docker("rm", "-f", container);

    // When the daemon comes back
    daemon.start();

    // Then the volume is unmounted in the end, and can be used and removed
    Await.until("unmounted", SOON, () -> leftBy(daemon).isEmpty());
    assertThat(inContainer(volume, "cat /data/f")).isEqualTo("data");
    docker("volume", "rm", volume);
  }
}
