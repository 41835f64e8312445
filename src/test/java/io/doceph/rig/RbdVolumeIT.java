package io.doceph.rig;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** What only volumes on a Ceph cluster do, under a real dockerd. */
class RbdVolumeIT extends RigTest {

  @Test
  void aRemovedVolumeComesBackWithItsData() {
    // Given a volume that a container has written to, on a daemon with the default removal
    rig().restartDockerd();
    DocephDaemon daemon = doceph("rbd", Map.of("DOCEPH_RBD_REMOVE", "trash"));
    String volume = volume("regretted");
    docker("volume", "create", "-d", DRIVER, volume);
    assertThat(docker("volume", "inspect", "-f", "{{.Scope}}", volume)).isEqualTo("global");
    String sum = inContainer(volume, "head -c 5000000 /dev/urandom > /data/f && md5sum /data/f");
    assertThat(host().images()).contains(volume);

    // When it is removed
    docker("volume", "rm", volume);

    // Then Docker has forgotten it, its image is in the trash, and from there it comes back
    assertThat(docker("volume", "ls", "-q")).isEmpty();
    assertThat(host().images()).doesNotContain(volume);
    assertThat(host().trash()).anyMatch(line -> line.endsWith(" " + volume));
    assertThat(cli(daemon, "trash", "restore", volume).succeeded().out()).isEqualTo(volume);
    assertThat(docker("volume", "ls", "-q")).isEqualTo(volume);
    assertThat(inContainer(volume, "md5sum /data/f")).isEqualTo(sum);
    docker("volume", "rm", volume);
    cli(daemon, "trash", "purge", volume).succeeded();
  }

  @Test
  void aContainerSeesItsVolumeGrow() {
    // Given a running container
    DocephDaemon daemon = doceph("rbd");
    String volume = volume("roomier");
    docker("volume", "create", "-d", DRIVER, "-o", "fs=xfs", "-o", "size=300MiB", volume);
    String container = hold(volume);
    docker("exec", container, "sh", "-c", "echo data > /data/f; sync /data/f");
    int before = mebibytes(container);
    assertThat(before).isLessThan(300);
    calls().forget();

    // When its volume grows
    cli(daemon, "grow", volume, "400MiB").succeeded();

    // Then the container has the room at once, and dockerd was not needed for it
    assertThat(mebibytes(container)).isBetween(before + 80, 400);
    docker(
        "exec", container, "sh", "-c", "head -c 310000000 /dev/zero > /data/big && sync /data/big");
    assertThat(docker("exec", container, "cat", "/data/f")).isEqualTo("data");
    assertThat(calls().changes()).isEmpty();
    assertThat(host().ceph().rbd("info", "volumes/" + volume).out()).contains("size 400 MiB");
    docker("rm", "-f", container);
  }

  @Test
  void whatTheKernelDoesNotGrowWhileMountedTheNextStartGrows() {
    // Given a running container on ext4, which grows while mounted only with CAP_SYS_RESOURCE
    DocephDaemon daemon = doceph("rbd");
    String volume = volume("later");
    docker("volume", "create", "-d", DRIVER, "-o", "fs=ext4", "-o", "size=64MiB", volume);
    String container = hold(volume);
    docker("exec", container, "sh", "-c", "echo data > /data/f; sync /data/f");

    // When its volume grows
    Command.Result grown = cli(daemon, "grow", volume, "128MiB");

    // Then a refusal is told, and the container goes on and has the room when it is restarted
    if (grown.exit() != 0) {
      assertThat(grown.err())
          .contains("resize2fs")
          .containsPattern("not permitted|Permission denied");
      assertThat(mebibytes(container)).isLessThan(64);
      docker("exec", container, "touch", "/data/still");
    }
    docker("restart", container);
    assertThat(mebibytes(container)).isBetween(100, 128);
    assertThat(docker("exec", container, "cat", "/data/f")).isEqualTo("data");
    assertThat(cli(daemon, "inspect", volume).succeeded().out()).contains("128MiB");
    docker("rm", "-f", container);
  }

  private int mebibytes(String container) {
    return Integer.parseInt(
        docker("exec", container, "sh", "-c", "df -m /data | tail -n 1 | awk '{print $2}'"));
  }
}
