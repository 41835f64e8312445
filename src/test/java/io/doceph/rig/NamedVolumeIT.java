package io.doceph.rig;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The everyday life of a volume with a name. */
class NamedVolumeIT extends RigTest {

  @ParameterizedTest
  @ValueSource(strings = {"vfs", "loop", "rbd"})
  void eachStepIsAskedForOnce(String backend) {
    // Given a dockerd that has not yet met the plugin
    rig().restartDockerd();
    doceph(backend);
    String volume = volume("once");

    // When a volume is made by a run, used again and removed
    docker("run", "--rm", "--volume-driver", DRIVER, "-v", volume + ":/data", "bb:1", "true");
    docker("volume", "rm", volume);

    // Then each step came once, with the same holder at both ends, and nothing came that need not
    assertThat(calls().changes())
        .containsExactly(
            "Create " + volume, "Mount " + volume, "Unmount " + volume, "Remove " + volume);
    Call mount = calls().calls("Mount").getFirst();
    assertThat(mount.id()).matches("[0-9a-f]{64}");
    assertThat(calls().calls("Unmount").getFirst().id()).isEqualTo(mount.id());
    assertThat(calls().calls("Activate")).hasSize(1);
    assertThat(calls().calls("Capabilities")).hasSize(1);
    assertThat(calls().calls("Path")).isEmpty();
    assertThat(calls().calls()).allSatisfy(call -> assertThat(call.status()).isEqualTo(200));
  }

  @ParameterizedTest
  @ValueSource(strings = {"vfs", "loop", "rbd"})
  void dataOutlivesContainersAndTheDaemon(String backend) {
    // Given a volume that a container has written to
    DocephDaemon daemon = doceph(backend);
    String volume = volume("data");
    docker("volume", "create", "-d", DRIVER, volume);
    String sum = inContainer(volume, "head -c 5000000 /dev/urandom > /data/f && md5sum /data/f");

    // When the daemon and dockerd are restarted
    daemon.restart();
    rig().restartDockerd();

    // Then another container reads the same
    assertThat(docker("volume", "ls", "-q")).isEqualTo(volume);
    assertThat(inContainer(volume, "md5sum /data/f")).isEqualTo(sum);
    assertThat(leftBy(daemon)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"vfs", "loop", "rbd"})
  void inspectShowsWhatItIs(String backend) {
    // dockerd asks for the scope once in its life, and may have asked another story's daemon
    rig().restartDockerd();
    doceph(backend);
    String volume = volume("seen");
    docker("volume", "create", "-d", DRIVER, volume);

    JsonNode shown = PluginClient.parse(docker("volume", "inspect", volume)).get(0);

    assertThat(shown.path("Name").asText()).isEqualTo(volume);
    assertThat(shown.path("Driver").asText()).isEqualTo(DRIVER);
    assertThat(shown.path("Scope").asText()).isEqualTo(backend.equals("rbd") ? "global" : "local");
    assertThat(shown.path("CreatedAt").asText()).matches("20\\d\\d-.*T.*");
    assertThat(shown.path("Mountpoint").asText()).isEmpty();
    assertThat(shown.path("Status").path("backend").asText()).isEqualTo(backend);
  }

  @Test
  void theScopeIsTheConfiguredOne() {
    // dockerd asks for the scope once in its life
    rig().restartDockerd();
    doceph("vfs", Map.of("DOCEPH_SCOPE", "global"));
    String volume = volume("wide");

    docker("volume", "create", "-d", DRIVER, volume);

    assertThat(docker("volume", "inspect", "-f", "{{.Scope}}", volume)).isEqualTo("global");
  }

  @Test
  void listShowsEachVolumeOfEachBackend() {
    doceph("rbd");
    String first = volume("first");
    String second = volume("second");
    String third = volume("third");
    docker("volume", "create", "-d", DRIVER, first);
    docker("volume", "create", "-d", DRIVER, "-o", "backend=loop", second);
    docker("volume", "create", "-d", DRIVER, "-o", "backend=vfs", third);
    calls().forget();

    String listed = docker("volume", "ls", "--format", "{{.Driver}} {{.Name}}");

    assertThat(listed.lines())
        .containsExactlyInAnyOrder("doceph " + first, "doceph " + second, "doceph " + third);
    assertThat(calls().calls("List")).hasSize(1);
    assertThat(calls().calls("Path")).isEmpty();
  }

  @Test
  void anUnknownNameIsNoVolume() {
    DocephDaemon daemon = doceph("vfs");
    String known = volume("known");
    docker("volume", "create", "-d", DRIVER, known);

    Command.Result inspected = rig().docker("volume", "inspect", volume("nope"));

    assertThat(inspected.exit()).isEqualTo(1);
    assertThat(inspected.err()).contains("No such volume: " + volume("nope"));
    assertThat(docker("volume", "ls", "-q")).isEqualTo(known);
    // dockerd takes any error status of Get for "no such volume", so that none may ever be sent.
    try (PluginClient client = daemon.client()) {
      for (String name : List.of("nope", "", "../../etc")) {
        var answer = client.post("/VolumeDriver.Get", "{\"Name\":\"" + name + "\"}\n");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.err()).isNotEmpty();
      }
    }
  }

  @Test
  void aVolumeInUseIsNotRemoved() {
    doceph("vfs");
    String volume = volume("used");
    String container = hold(volume, "--volume-driver", DRIVER);
    calls().forget();

    Command.Result removed = rig().docker("volume", "rm", volume);

    assertThat(removed.exit()).isEqualTo(1);
    assertThat(removed.err()).contains("volume is in use");
    assertThat(calls().changes()).isEmpty();
    docker("rm", "-f", container);
    docker("volume", "rm", volume);
  }

  @ParameterizedTest
  @ValueSource(strings = {"loop", "rbd"})
  void twoContainersShareOneVolume(String backend) {
    DocephDaemon daemon = doceph(backend);
    String volume = volume("shared");
    docker("volume", "create", "-d", DRIVER, volume);
    String first = hold(volume);
    String second = hold(volume);

    docker("exec", first, "sh", "-c", "echo from-first > /data/f");
    docker("stop", first);

    assertThat(docker("exec", second, "cat", "/data/f")).isEqualTo("from-first");
    docker("stop", second);
    assertThat(leftBy(daemon)).isEmpty();
    assertThat(calls().calls("Mount").stream().map(Call::id).distinct())
        .containsExactlyInAnyOrderElementsOf(
            calls().calls("Unmount").stream().map(Call::id).distinct().toList());
  }
}
