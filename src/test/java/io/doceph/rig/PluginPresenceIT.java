package io.doceph.rig;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is late, gone, dead or failing must cost no more than it has to. */
class PluginPresenceIT extends RigTest {
  private static final Duration LATE = Duration.ofSeconds(2);

  /** Less than the 15 s that dockerd spends on a plugin that is not there. */
  private static final Duration NO_WAIT = Duration.ofSeconds(14);

  @Test
  void aDeadDriverDoesNotHoldUpAnother() throws IOException {
    // Given the stale socket and the stale spec of drivers that are gone
    doceph("vfs");
    Path stale = rig().sockets().resolve("dead.sock");
    try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(stale));
    }
    Path spec = Files.writeString(rig().specs().resolve("gone.spec"), "unix:///nowhere.sock");
    Instant begin = Instant.now();

    // When a volume of doceph lives its life
    String volume = volume("alive");
    docker("volume", "create", "-d", DRIVER, volume);
    inContainer(volume, "echo data > /data/f");
    String read = inContainer(volume, "cat /data/f");
    docker("volume", "rm", volume);

    // Then dockerd has not waited for the dead ones
    Duration took = Duration.between(begin, Instant.now());
    Files.delete(stale);
    Files.delete(spec);
    assertThat(read).isEqualTo("data");
    assertThat(took).isLessThan(NO_WAIT);
  }

  @Test
  void aPluginThatComesTwoSecondsLateIsFound() throws Exception {
    // Given a dockerd that looks for a plugin that is not there, and has met no other
    rig().restartDockerd();
    Path socket = discovery(rig().sockets().resolve("late.sock"));
    DocephDaemon daemon = unstarted("vfs", Map.of("DOCEPH_SOCKET", socket.toString()));
    String volume = volume("late");
    CompletableFuture<String> created =
        CompletableFuture.supplyAsync(() -> docker("volume", "create", "-d", "late", volume));

    // When it comes
    Thread.sleep(LATE);
    daemon.start();

    // Then the volume is made after all
    assertThat(created.get()).isEqualTo(volume);
    inContainer(volume, "echo data > /data/f");
    assertThat(inContainer(volume, "cat /data/f")).isEqualTo("data");
  }

  @ParameterizedTest
  @ValueSource(strings = {"vfs", "rbd"})
  void aRunWaitsForADaemonThatIsAwayForAMoment(String backend) throws Exception {
    // Given a volume, and the daemon gone
    DocephDaemon daemon = doceph(backend);
    String volume = volume("waits");
    docker("volume", "create", "-d", DRIVER, volume);
    inContainer(volume, "echo data > /data/f");
    daemon.kill9();
    CompletableFuture<String> read =
        CompletableFuture.supplyAsync(() -> inContainer(volume, "cat /data/f"));

    // When it comes back two seconds later
    Thread.sleep(LATE);
    daemon.start();

    // Then the run has waited for it, and nothing was made twice
    assertThat(read.get()).isEqualTo("data");
    assertThat(calls().calls("Create")).hasSize(1);
    assertThat(leftBy(daemon)).isEmpty();
  }

  @Test
  void aBrokenQuestionNeverMakesDockerForgetAVolume() {
    // Given a volume, and a dockerd whose next question about it breaks off
    doceph("vfs");
    String volume = volume("broken");
    docker("volume", "create", "-d", DRIVER, volume);
    inContainer(volume, "echo data > /data/f");
    calls().forget();
    calls().cutNext("Get");

    // When a container wants it, and dockerd asks again with an empty body
    Command.Result run = rig().docker("run", "--rm", "-v", volume + ":/data", "bb:1", "true");

    // Then that is never answered "no such volume": dockerd would make a local volume of the name
    assertThat(calls().calls("Get").get(1).body()).isEmpty();
    assertThat(run.exit()).isEqualTo(125);
    assertThat(docker("volume", "inspect", "-f", "{{.Driver}}", volume)).isEqualTo(DRIVER);
    assertThat(inContainer(volume, "cat /data/f")).isEqualTo("data");
  }

  @ParameterizedTest
  @ValueSource(strings = {"vfs", "rbd"})
  void aVolumeRemovedBehindDockersBackCanBeMadeAgain(String backend) {
    // Given a volume that dockerd knows and that was removed elsewhere
    DocephDaemon daemon = doceph(backend);
    String volume = volume("behind");
    docker("volume", "create", "-d", DRIVER, volume);
    inContainer(volume, "echo old > /data/f");
    try (PluginClient client = daemon.client()) {
      assertThat(client.post("/VolumeDriver.Remove", "{\"Name\":\"" + volume + "\"}\n").err())
          .isEmpty();
    }

    // When it is made again
    Command.Result inspected = rig().docker("volume", "inspect", volume);
    docker("volume", "create", "-d", DRIVER, volume);

    // Then it was gone, and is a new and empty one
    assertThat(inspected.exit()).isEqualTo(1);
    assertThat(calls().calls("Create")).hasSize(2);
    assertThat(inContainer(volume, "ls -A /data")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"loop", "rbd"})
  void aFailedMountIsTakenBackByTheDaemonItself(String backend) throws IOException {
    // Given a volume whose mount fails
    Path mount = rig().directory().resolve("mount-" + volume("tool"));
    Path broken = rig().directory().resolve("broken-" + volume("tool"));
    Files.writeString(
        mount,
        """
        #!/bin/sh
        [ ! -e %s ] || { echo "mount: the moon is in the way." >&2; exit 32; }
        exec /usr/bin/mount "$@"
        """
            .formatted(broken));
    assertThat(mount.toFile().setExecutable(true)).isTrue();
    DocephDaemon daemon = doceph(backend, Map.of("DOCEPH_TOOLS_MOUNT", mount.toString()));
    String volume = volume("fails");
    docker("volume", "create", "-d", DRIVER, volume);
    inContainer(volume, "echo data > /data/f");
    calls().forget();
    Files.createFile(broken);

    // When a container wants it
    Command.Result run = rig().docker("run", "--rm", "-v", volume + ":/data", "bb:1", "true");

    // Then dockerd passes the tool's own words on and never asks for an Unmount, and nothing is
    // left
    assertThat(run.exit()).isEqualTo(125);
    assertThat(run.err()).contains("the moon is in the way");
    assertThat(calls().changes()).containsExactly("Mount " + volume);
    assertThat(leftBy(daemon)).isEmpty();
    Files.delete(broken);
    assertThat(inContainer(volume, "cat /data/f")).isEqualTo("data");
  }
}
