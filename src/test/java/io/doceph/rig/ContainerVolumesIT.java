package io.doceph.rig;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Volumes that come and go with containers, and files that go in and out of them. */
class ContainerVolumesIT extends RigTest {

  @ParameterizedTest
  @ValueSource(strings = {"vfs", "loop", "rbd"})
  void anAnonymousVolumeEndsWithItsContainer(String backend) {
    DocephDaemon daemon = doceph(backend);

    docker("run", "--rm", "--volume-driver", DRIVER, "-v", "/data", "bb:1", "touch", "/data/f");

    String name = calls().calls("Create").getFirst().volume();
    assertThat(name).matches("[0-9a-f]{64}");
    assertThat(calls().changes())
        .containsExactly("Create " + name, "Mount " + name, "Unmount " + name, "Remove " + name);
    assertThat(docker("volume", "ls", "-q")).isEmpty();
    assertThat(leftBy(daemon)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"vfs", "loop", "rbd"})
  void aSecondContainerTakesTheFirstOnesVolume(String backend) {
    // Given a container that has written to its anonymous volume and ended
    doceph(backend);
    String first =
        docker(
            "run",
            "-d",
            "--volume-driver",
            DRIVER,
            "-v",
            "/data",
            "bb:1",
            "sh",
            "-c",
            "echo told > /data/f");
    docker("wait", first);

    // When another takes its volumes over, and the first is removed with them
    String read = docker("run", "--rm", "--volumes-from", first, "bb:1", "cat", "/data/f");
    docker("rm", "-fv", first);

    // Then it was one volume, mounted twice
    assertThat(read).isEqualTo("told");
    String name = calls().calls("Create").getFirst().volume();
    assertThat(calls().changes())
        .containsExactly(
            "Create " + name,
            "Mount " + name,
            "Unmount " + name,
            "Mount " + name,
            "Unmount " + name,
            "Remove " + name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"vfs", "loop", "rbd"})
  void forcedRemovalOfARunningContainerTakesItsVolume(String backend) {
    DocephDaemon daemon = doceph(backend);
    String container = docker("run", "-d", "--volume-driver", DRIVER, "-v", "/data", "bb:hold");

    docker("rm", "-fv", container);

    String name = calls().calls("Create").getFirst().volume();
    assertThat(calls().changes())
        .containsExactly("Create " + name, "Mount " + name, "Unmount " + name, "Remove " + name);
    assertThat(leftBy(daemon)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"vfs", "loop", "rbd"})
  void copyingIntoARunningContainerLeavesItsMount(String backend) {
    // Given a running container, whose mount docker cp asks for again with the same ID
    DocephDaemon daemon = doceph(backend);
    String volume = volume("copied");
    String container = hold(volume, "--volume-driver", DRIVER);
    Path file = daemon.directory().resolve("doceph.log");

    // When a file is copied in, and out again
    docker("cp", file.toString(), container + ":/data/log");
    docker("cp", container + ":/data/log", daemon.directory().resolve("back").toString());

    // Then the container still has its volume, and when it stops the volume is unmounted
    assertThat(docker("exec", container, "sh", "-c", "touch /data/after && ls /data"))
        .contains("log")
        .contains("after");
    docker("exec", container, "sync", "/data/after");
    docker("stop", container);
    assertThat(leftBy(daemon)).isEmpty();
    assertThat(inContainer(volume, "ls /data")).contains("after");
  }

  @ParameterizedTest
  @CsvSource({
    "vfs,",
    "loop,ext4",
    "loop,xfs",
    "loop,btrfs",
    "rbd,ext4",
    "rbd,xfs",
    "rbd,btrfs",
  })
  void aFreshVolumeTakesTheImagesFiles(String backend, @Nullable String filesystem) {
    // Given a fresh volume: with anything in it, lost+found say, dockerd would not copy
    DocephDaemon daemon = doceph(backend);
    String volume = volume("fresh");
    if (filesystem == null) {
      docker("volume", "create", "-d", DRIVER, volume);
    } else {
      docker(
          "volume", "create", "-d", DRIVER, "-o", "fs=" + filesystem, "-o", "size=320MiB", volume);
    }

    // When a container of an image with files in /data runs on it
    String seen =
        docker(
            "run",
            "--rm",
            "-v",
            volume + ":/data",
            "bb:data",
            "sh",
            "-c",
            "ls -A /data; cat /data/link");

    // Then it sees these files and nothing else, and they stay
    assertThat(seen.lines()).containsExactly("deep", "link", "from-image");
    assertThat(inContainer(volume, "cat /data/deep/file")).isEqualTo("from-image");
    assertThat(leftBy(daemon)).isEmpty();
  }

  @Test
  void anImplicitVolumeIsMadeWithoutOptions() {
    doceph("vfs");
    String volume = volume("plain");

    docker("run", "--rm", "--volume-driver", DRIVER, "-v", volume + ":/data", "bb:1", "true");

    assertThat(calls().calls("Create"))
        .singleElement()
        .satisfies(call -> assertThat(call.request().get("Opts").isNull()).isTrue())
        .satisfies(call -> assertThat(call.status()).isEqualTo(200));
  }
}
