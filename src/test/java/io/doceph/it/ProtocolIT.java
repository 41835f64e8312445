package io.doceph.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.doceph.rig.Await;
import io.doceph.rig.DocephDaemon;
import io.doceph.rig.PluginClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Every endpoint, asked as dockerd asks it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProtocolIT {
  private final Bed bed = Bed.make();
  private final DocephDaemon daemon = bed.daemon();
  private final Plugin plugin = new Plugin(daemon);

  @BeforeAll
  void start() {
    daemon.start();
  }

  @AfterAll
  void stop() {
    bed.close();
  }

  @BeforeEach
  void nothingIsThere() {
    assertThat(plugin.names()).isEmpty();
  }

  @AfterEach
  void removeAll() {
    for (String name : plugin.names()) {
      plugin.unmount(name, "c1");
      plugin.tryRemove(name);
    }
  }

  @Test
  void theFirstDocephsEightCallsAreAnsweredAsItsGuideSays() {
    // Given what curl -X POST -d sends
    String form = "Content-Type: application/x-www-form-urlencoded";
    String any = "Accept: */*";
    PluginClient curl = plugin.client();
    String name = "{\"Name\": \"volume-1q2xw342f\"}";
    String create = "{\"Name\": \"volume-1q2xw342f\", \"Opts\": {\"size\": 1}}";

    // When each call is made in the guide's order
    var activate = curl.post("/Plugin.Activate", "{}", form, any);
    var created = curl.post("/VolumeDriver.Create", create, form, any);
    var mounted = curl.post("/VolumeDriver.Mount", name, form, any);
    var got = curl.post("/VolumeDriver.Get", name, form, any);
    var path = curl.post("/VolumeDriver.Path", name, form, any);
    var list = curl.post("/VolumeDriver.List", "{}", form, any);
    var unmounted = curl.post("/VolumeDriver.Unmount", name, form, any);
    var removed = curl.post("/VolumeDriver.Remove", name, form, any);

    // Then the documented members are there
    assertThat(activate.json()).isEqualTo(json("{\"Implements\": [\"VolumeDriver\"]}"));
    assertThat(created.json()).isEqualTo(json("{\"Err\": \"\"}"));
    String mountpoint = bed.path("vfs/volume-1q2xw342f").toString();
    assertThat(mounted.json())
        .isEqualTo(json("{\"Mountpoint\": \"" + mountpoint + "\", \"Err\": \"\"}"));
    JsonNode volume = Plugin.succeeded(got).path("Volume");
    assertThat(volume.path("Name").asText()).isEqualTo("volume-1q2xw342f");
    assertThat(volume.path("Mountpoint").asText()).isEqualTo(mountpoint);
    assertThat(volume.path("Opts")).isEqualTo(json("{\"size\": 1}"));
    assertThat(path.json()).isEqualTo(mounted.json());
    assertThat(Plugin.succeeded(list).path("Volumes")).containsExactly(volume);
    assertThat(unmounted.json()).isEqualTo(json("{\"Err\": \"\"}"));
    assertThat(removed.json()).isEqualTo(json("{\"Err\": \"\"}"));
    assertThat(plugin.names()).isEmpty();
  }

  @Test
  void answersAreJsonOfThePluginsType() {
    plugin.create("typed", "");

    for (String endpoint : new String[] {"List", "Capabilities", "Get", "Nope"}) {
      String head = plugin.call(endpoint, "{\"Name\":\"typed\"}").head();

      assertThat(head).containsIgnoringCase("content-type: application/");
      assertThat(head).containsIgnoringCase("json");
    }
  }

  @Test
  void theScopeOfDirectoriesIsLocal() {
    JsonNode answer = plugin.call("Capabilities", "{}").json();

    assertThat(answer).isEqualTo(json("{\"Capabilities\":{\"Scope\":\"local\"}}"));
  }

  @Test
  void anItemTellsAllThereIsToKnow() {
    plugin.create("item", "\"size\": \"512M\", \"mode\": \"0750\"");

    JsonNode unmounted = plugin.volume("item");
    plugin.mount("item", "c1");
    JsonNode mounted = plugin.volume("item");

    assertThat(unmounted.path("CreatedAt").asText())
        .matches("20\\d\\d-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ");
    assertThat(unmounted.has("Mountpoint")).isFalse();
    assertThat(unmounted.path("Opts")).isEqualTo(json("{\"size\":\"512M\",\"mode\":\"0750\"}"));
    assertThat(unmounted.path("Status").path("backend").asText()).isEqualTo("vfs");
    assertThat(unmounted.path("Status").path("size").asText()).isEqualTo("512MiB");
    assertThat(unmounted.path("Status").path("holders").asInt()).isZero();
    assertThat(unmounted.path("Status").has("problem")).isFalse();
    assertThat(mounted.path("Mountpoint").asText()).isEqualTo(bed.path("vfs/item").toString());
    assertThat(mounted.path("Status").path("holders").asInt()).isOne();
    assertThat(mounted.path("Status").path("state").asText())
        .isNotEqualTo(unmounted.path("Status").path("state").asText());
  }

  @Test
  void optionsKeepTheTypeTheyWereGivenIn() {
    plugin.create("typed", "\"size\": 2, \"uid\": \"" + uid() + "\"");

    JsonNode opts = plugin.volume("typed").path("Opts");

    assertThat(opts.path("size").isNumber()).isTrue();
    assertThat(opts.path("size").asInt()).isEqualTo(2);
    assertThat(opts.path("uid").isTextual()).isTrue();
  }

  @Test
  void createIsIdempotentAndRefusesWhatDiffers() {
    plugin.create("twice", "\"size\": 1");

    plugin.create("twice", "");
    plugin.create("twice", "\"size\": \"1GiB\"");
    var different = plugin.tryCreate("twice", "\"size\": 2");

    Plugin.refused(different, 500);
    assertThat(different.err()).contains("twice", "1GiB", "2GiB");
    assertThat(plugin.names()).containsExactly("twice");
  }

  @Test
  void holdersAreCountedForEachId() {
    // Given a volume mounted twice for one ID, as docker cp does, and once for another
    plugin.create("held", "");
    Path mountpoint = plugin.mount("held", "c1");
    plugin.mount("held", "c1");
    plugin.mount("held", "c2");

    // When one of the three references is given back
    plugin.unmount("held", "c1");

    // Then it stays mounted for the other two
    Plugin.refused(plugin.tryRemove("held"), 500);
    plugin.unmount("held", "c2");
    assertThat(plugin.volume("held").path("Mountpoint").asText()).isEqualTo(mountpoint.toString());
    plugin.unmount("held", "c1");
    assertThat(plugin.volume("held").has("Mountpoint")).isFalse();
  }

  @Test
  void aReferenceThatNobodyHoldsIsGivenBackWithoutEffect() {
    plugin.create("other", "");
    plugin.mount("other", "c1");

    plugin.unmount("other", "never-mounted");
    plugin.unmount("no-such-volume", "c1");

    assertThat(plugin.volume("other").path("Status").path("holders").asInt()).isOne();
  }

  @Test
  void anUnmountedVolumeHasNoPath() {
    plugin.create("pathless", "");

    var path = plugin.call("Path", "{\"Name\":\"pathless\"}");

    assertThat(Plugin.succeeded(path).path("Mountpoint").asText()).isEmpty();
  }

  @Test
  void anUnknownVolumeIsRefusedByNameAndItsRemovalIsDone() {
    for (String endpoint : new String[] {"Mount", "Path"}) {
      var answer = plugin.call(endpoint, "{\"Name\":\"nope\",\"ID\":\"c1\"}");

      Plugin.refused(answer, 500);
      assertThat(answer.err()).contains("no volume nope");
    }
    Plugin.refused(plugin.get("nope"), 200);
    assertThat(plugin.get("nope").json().path("Volume").isNull()).isTrue();
    plugin.remove("nope");
  }

  @Test
  void theNameIsEchoedByteForByte() {
    for (String name : new String[] {"a", "A.b_c-d", "0", "x".repeat(128)}) {
      plugin.create(name, "");

      assertThat(plugin.volume(name).path("Name").asText()).isEqualTo(name);
    }
  }

  @Test
  void removalTakesOneVolumeAndNotItsNamesakes() throws IOException {
    // Given names that begin with each other, each with data
    for (String name : new String[] {"volume-1", "volume-10", "volume"}) {
      plugin.create(name, "");
      Files.writeString(plugin.mount(name, "c1").resolve("f"), name);
      plugin.unmount(name, "c1");
    }

    plugin.remove("volume-1");

    assertThat(plugin.names()).containsExactly("volume", "volume-10");
    assertThat(bed.path("vfs/volume-10/f")).hasContent("volume-10");
    assertThat(bed.path("vfs/volume/f")).hasContent("volume");
    assertThat(bed.path("vfs/volume-1")).doesNotExist();
  }

  @Test
  void oneDamagedVolumeBreaksNoList() throws IOException {
    // Given a good volume and a description that a bad disk has ruined
    plugin.create("good", "");
    plugin.create("bad", "");
    Files.writeString(bed.path("vfs/.doceph/bad.json"), "{\"name\": \"ba");

    Await.until(
        "the damage is seen",
        Bed.SOON,
        () -> plugin.volume("bad").path("Status").path("problem").asText().contains("damaged"));

    // Then both are listed, and only the bad one is refused
    assertThat(plugin.names()).containsExactly("bad", "good");
    plugin.mount("good", "c1");
    Plugin.refused(plugin.tryMount("bad", "c1"), 500);
    Files.delete(bed.path("vfs/.doceph/bad.json"));
    Await.until("it is gone", Bed.SOON, () -> plugin.names().equals(java.util.List.of("good")));
  }

  private static String uid() {
    try {
      return Files.getAttribute(Path.of("/proc/self"), "unix:uid").toString();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static JsonNode json(String text) {
    return new PluginClient.Answer(200, text, "").json();
  }
}
