package io.doceph.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.doceph.rig.DocephDaemon;
import io.doceph.rig.PluginClient;
import java.io.UncheckedIOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests at the edge of the protocol and beyond it. One volume is there, {@code known}. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OddRequestIT {
  private final Bed bed = Bed.make();
  private final DocephDaemon daemon = bed.daemon();
  private final Plugin plugin = new Plugin(daemon);

  @BeforeAll
  void start() {
    daemon.start();
    plugin.create("known", "");
  }

  @AfterAll
  void stop() {
    bed.close();
  }

  @BeforeEach
  void onlyTheKnownIsThere() {
    assertThat(plugin.names()).containsExactly("known");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Accept: application/vnd.docker.plugins.v1+json",
        "Accept: application/vnd.docker.plugins.v1.1+json",
        "Accept: application/vnd.docker.plugins.v1.2+json, application/json",
        "Accept: */*",
        "Accept: text/html",
        "Accept: nonsense;;q=x",
        "Content-Type: application/x-www-form-urlencoded",
        "Content-Type: application/json",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Type: multipart/form-data; boundary=x",
        "Content-Type: nonsense",
        "X-Nothing: 1"
      })
  void headersDoNotMatter(String header) {
    var got = plugin.client().post("/VolumeDriver.Get", "{\"Name\":\"known\"}", header);

    assertThat(Plugin.succeeded(got).path("Volume").path("Name").asText()).isEqualTo("known");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "POST /VolumeDriver.List HTTP/1.1\r\nHost:\r\nContent-Length: 2\r\n\r\n{}",
        "POST /VolumeDriver.List HTTP/1.1\r\nHost: \r\nContent-Length: 2\r\n\r\n{}",
        "POST /VolumeDriver.List HTTP/1.1\r\nHost: %2Frun%2Fdoceph.sock\r\nContent-Length: 2\r\n\r\n{}",
        "POST /VolumeDriver.List HTTP/1.1\r\nHost: plugin.moby.localhost\r\nContent-Length: 2\r\n\r\n{}",
        "POST /VolumeDriver.List HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}",
        "POST /VolumeDriver.List HTTP/1.1\r\nHost: \r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "POST /VolumeDriver.List HTTP/1.1\r\nHost: \r\nContent-Length: 0\r\n\r\n"
      })
  void everyFormOfHttpIsTaken(String wire) {
    try (PluginClient client = daemon.client()) {
      var answer = client.send(wire);

      assertThat(Plugin.succeeded(answer).path("Volumes")).hasSize(1);
    }
  }

  @Test
  void oneConnectionCarriesManyRequests() {
    try (PluginClient client = daemon.client()) {
      for (int i = 0; i < 500; i++) {
        var answer = client.post("/VolumeDriver.Get", "{\"Name\":\"known\"}\n");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.head()).doesNotContainIgnoringCase("connection: close");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"Name\":\"odd\"}",
        "{\"Name\":\"odd\",\"Opts\":null}",
        "{\"Name\":\"odd\",\"Opts\":{}}",
        "{\"Name\":\"odd\",\"Opts\":{\"size\":1}}",
        "{\"Name\":\"odd\",\"Opts\":{\"size\":1.5}}",
        "{\"Name\":\"odd\",\"Opts\":{\"size\":\" 1g \"}}",
        "{\"Name\":\"odd\",\"Opts\":{\"size\":null}}",
        "{\"Name\":\"odd\",\"ID\":7,\"Unknown\":{\"a\":[true,null,1e9]},\"Opts\":{}}",
        " \r\n\t{ \"Name\" :\n\"odd\" , \"Opts\" : { } }\n\n ",
        "{\"Name\":\"\\u006fdd\"}"
      })
  void goodBodiesOfAnyFormAreTaken(String body) {
    Plugin.succeeded(plugin.client().post("/VolumeDriver.Create", body));

    assertThat(plugin.names()).containsExactly("known", "odd");
    plugin.remove("odd");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Create", "Remove", "Mount", "Unmount", "Path"})
  void anEmptyBodyIsRefusedWithoutEffect(String endpoint) {
    plugin.mount("known", "");

    Plugin.refused(plugin.client().post("/VolumeDriver." + endpoint, ""), 400);
    Plugin.refused(
        plugin.client().send("POST /VolumeDriver." + endpoint + " HTTP/1.1\r\nHost: \r\n\r\n"),
        400);

    assertThat(plugin.volume("known").path("Status").path("holders").asInt()).isOne();
    plugin.unmount("known", "");
  }

  @Test
  void anEmptyGetIsNotAnswered() {
    // To dockerd, whose retries come with an empty body, any answer would mean "no such volume".
    try (PluginClient client = daemon.client()) {
      assertThatThrownBy(() -> client.post("/VolumeDriver.Get", ""))
          .isInstanceOf(UncheckedIOException.class);

      // and the next request on a new connection is
      assertThat(client.post("/VolumeDriver.Get", "{\"Name\":\"known\"}").err()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x",
        "{",
        "{\"Name\":\"a\"",
        "{\"Name\":\"a\"} {}",
        "[]",
        "null",
        "\"a\"",
        "7",
        "\n",
        "{}",
        "{\"Name\":null}",
        "{\"Name\":7}",
        "{\"Name\":[\"a\"]}",
        "{\"Name\":\"\"}",
        "{\"Name\":\"/\"}",
        "{\"Name\":\"..\"}",
        "{\"Name\":\".\"}",
        "{\"Name\":\"../../etc\"}",
        "{\"Name\":\"/abs\"}",
        "{\"Name\":\"a/b\"}",
        "{\"Name\":\"-rf\"}",
        "{\"Name\":\".hidden\"}",
        "{\"Name\":\"a b\"}",
        "{\"Name\":\"a;reboot\"}",
        "{\"Name\":\"$(reboot)\"}",
        "{\"Name\":\"a\\nb\"}",
        "{\"Name\":\"a\\u0000\"}",
        "{\"Name\":\"äöü\"}",
        "{\"Name\":\"😀\"}",
        "{\"name\":\"x"
      })
  void aWrongNameOrBodyIsRefusedInOneSentence(String body) {
    for (String endpoint : new String[] {"Create", "Remove", "Mount", "Unmount", "Path"}) {
      Plugin.refused(plugin.client().post("/VolumeDriver." + endpoint, body), 400);
    }
    Plugin.refused(plugin.client().post("/VolumeDriver.Get", body), 200);
  }

  @Test
  void aNameHasAtMost128Characters() {
    String name = "x".repeat(129);

    Plugin.refused(plugin.tryCreate(name, ""), 400);
    Plugin.refused(plugin.get(name), 200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"nope\":1",
        "\"Size\":1",
        "\"fs\":\"ext4\"",
        "\"size\":\"\"",
        "\"size\":\"big\"",
        "\"size\":0",
        "\"size\":-1",
        "\"size\":true",
        "\"size\":[1]",
        "\"size\":{\"GiB\":1}",
        "\"size\":\"99999999999999999999\"",
        "\"size\":\"1QiB\"",
        "\"backend\":\"nope\"",
        "\"backend\":\"../vfs\"",
        "\"mode\":\"rwx\"",
        "\"mode\":\"4755\"",
        "\"uid\":\"root\"",
        "\"gid\":-1",
        "\"backend\":\"loop\",\"fs\":\"ntfs\"",
        "\"backend\":\"loop\",\"size\":\"1M\"",
        "\"backend\":\"loop\",\"mount\":\"exec,suid=1\"",
        "\"backend\":\"loop\",\"mount\":\"noatime -o bind\"",
        "\"backend\":\"loop\",\"mkfs\":\"-F\"",
        "\"backend\":\"loop\",\"mkfs\":\"/dev/sda\"",
        "\"backend\":\"loop\",\"context\":\"a b\""
      })
  void aWrongOptionIsRefusedInOneSentence(String options) {
    Plugin.refused(plugin.tryCreate("wrong", options), 400);

    assertThat(bed.names("vfs")).containsExactly(".doceph", "known");
    assertThat(bed.names("loop")).isEmpty();
  }

  @Test
  void anUnknownOptionIsRefusedWithTheKnownOnes() {
    var answer = plugin.tryCreate("wrong", "\"sise\":1");

    assertThat(answer.err()).contains("sise", "size", "mode", "backend");
  }

  @Test
  void optionsThatAreNoObjectAreRefused() {
    for (String opts : new String[] {"[]", "\"size=1\"", "7"}) {
      Plugin.refused(plugin.call("Create", "{\"Name\":\"wrong\",\"Opts\":" + opts + "}"), 400);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"Create", "Remove", "Mount", "Unmount", "Path", "Get"})
  void aBodyOverOneMebibyteIsRefused(String endpoint) {
    String body = "{\"Name\":\"known\",\"Pad\":\"" + "x".repeat(1 << 20) + "\"}";
    String path = "/VolumeDriver." + endpoint;
    int status = endpoint.equals("Get") ? 200 : 400;

    try (PluginClient client = daemon.client()) {
      Plugin.refused(client.post(path, body), status);
    }
    try (PluginClient client = daemon.client()) {
      Plugin.refused(client.send(chunked(path, body)), status);
    }

    assertThat(plugin.volume("known").path("Status").path("holders").asInt()).isZero();
  }

  @Test
  void aBodyOfAlmostOneMebibyteIsTaken() {
    String body = "{\"Name\":\"known\",\"Pad\":\"" + "x".repeat((1 << 20) - 100) + "\"}";

    assertThat(plugin.client().post("/VolumeDriver.Get", body).err()).isEmpty();
    try (PluginClient client = daemon.client()) {
      assertThat(client.send(chunked("/VolumeDriver.Get", body)).err()).isEmpty();
    }
  }

  @Test
  void onlyPostIsTaken() {
    for (String method : new String[] {"GET", "PUT", "DELETE", "PATCH"}) {
      Plugin.refused(plugin.client().request(method, "/VolumeDriver.List", ""), 405);
      Plugin.refused(
          plugin.client().request(method, "/VolumeDriver.Remove", "{\"Name\":\"known\"}"), 405);
    }
  }

  @Test
  void anUnknownPathIsNotFound() {
    for (String path :
        new String[] {"/", "/VolumeDriver.Nope", "/volumedriver.list", "/v1/nope", "/q/health"}) {
      Plugin.refused(plugin.client().post(path, "{}"), 404);
    }
  }

  private static String chunked(String path, String body) {
    StringBuilder wire =
        new StringBuilder(
            "POST " + path + " HTTP/1.1\r\nHost: \r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int at = 0; at < body.length(); at += 8192) {
      String chunk = body.substring(at, Math.min(body.length(), at + 8192));
      wire.append(Integer.toHexString(chunk.length())).append("\r\n").append(chunk).append("\r\n");
    }
    return wire.append("0\r\n\r\n").toString();
  }
}
