package io.doceph.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.doceph.rig.Await;
import io.doceph.rig.Command;
import io.doceph.rig.DocephDaemon;
import io.doceph.rig.PluginClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The command line against a real daemon. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CommandLineIT {
  private static final int INVALID = 2;
  private static final int NO_SUCH_VOLUME = 3;
  private static final int IN_USE = 4;
  private static final int UNREACHABLE = 5;
  private static final int PROBLEMS_FOUND = 7;

  private final Bed bed = Bed.make();
  private final DocephDaemon daemon = bed.daemon();

  @BeforeAll
  void start() {
    daemon.start();
  }

  @AfterAll
  void stop() {
    bed.close();
  }

  @AfterEach
  void removeAll() {
    try (Plugin plugin = new Plugin(daemon)) {
      for (String name : plugin.names()) {
        plugin.unmount(name, "cli");
        plugin.remove(name);
      }
    }
  }

  @Test
  void aVolumesLife() throws IOException {
    // Given a volume made, mounted and written to
    assertThat(done("create", "vol1", "--size", "1G", "-o", "mode=0750")).isEqualTo("vol1");
    Path mountpoint = Path.of(done("mount", "vol1"));
    Files.writeString(mountpoint.resolve("f"), "data");

    // Then the lists show it
    assertThat(done("list").lines()).hasSize(2).last().asString().contains("vol1", "vfs");
    assertThat(done("inspect", "vol1")).contains("vol1", mountpoint.toString(), "cli");

    // and it goes in order
    assertThat(done("umount", "vol1")).isEmpty();
    assertThat(done("delete", "vol1")).isEmpty();
    assertThat(done("list").lines()).hasSizeLessThanOrEqualTo(1);
    assertThat(mountpoint).doesNotExist();
  }

  @Test
  void everyCommandSpeaksJson() {
    JsonNode created = json("create", "vol1", "--json", "--backend", "vfs");
    JsonNode mounted = json("mount", "vol1", "--json");
    JsonNode listed = json("list", "--json");
    JsonNode shown = json("--json", "inspect", "vol1");
    JsonNode unmounted = json("umount", "vol1", "--json");
    JsonNode deleted = json("delete", "vol1", "--json");

    assertThat(created.path("name").asText()).isEqualTo("vol1");
    assertThat(mounted.path("mountpoint").asText()).isEqualTo(bed.path("vfs/vol1").toString());
    assertThat(listed.path("volumes")).hasSize(1);
    assertThat(listed.path("volumes").get(0)).isEqualTo(shown);
    assertThat(shown.path("backend").asText()).isEqualTo("vfs");
    assertThat(shown.path("holders").get(0).path("id").asText()).isEqualTo("cli");
    assertThat(unmounted.isObject()).isTrue();
    assertThat(deleted.isObject()).isTrue();
    assertThat(json("info", "--json").path("pid").asLong()).isEqualTo(daemon.pid());
  }

  @Test
  void aNameIsMadeUpWhenNoneIsGiven() {
    String name = done("create");

    assertThat(name).hasSize(36);
    assertThat(done("list")).contains(name);
  }

  @Test
  void deletingTheReferenceKeepsTheDataAndCreateTakesItUpAgain() throws IOException {
    // Given a volume with data
    done("create", "kept", "--size", "1G");
    Files.writeString(Path.of(done("mount", "kept")).resolve("f"), "precious");
    done("umount", "kept");

    // When this host forgets it, also across a restart
    done("delete", "-r", "kept");
    daemon.restart();

    // Then it is not there for anybody here, and its data is
    assertThat(done("list")).doesNotContain("kept");
    failed(NO_SUCH_VOLUME, "inspect", "kept");
    failed(NO_SUCH_VOLUME, "mount", "kept");
    try (Plugin plugin = new Plugin(daemon)) {
      Plugin.refused(plugin.get("kept"), 200);
      plugin.remove("kept");
    }
    assertThat(bed.path("vfs/kept/f")).hasContent("precious");

    // When it is created again
    done("create", "kept");

    // Then it is the same volume
    assertThat(Path.of(done("mount", "kept")).resolve("f")).hasContent("precious");
  }

  @Test
  void exitCodesSayWhatIsWrong() {
    done("create", "vol1", "--size", "1G");
    done("mount", "vol1");

    failed(NO_SUCH_VOLUME, "inspect", "nope");
    failed(NO_SUCH_VOLUME, "mount", "nope");
    failed(NO_SUCH_VOLUME, "umount", "nope");
    failed(NO_SUCH_VOLUME, "delete", "nope");
    failed(NO_SUCH_VOLUME, "delete", "-r", "nope");
    failed(NO_SUCH_VOLUME, "grow", "nope", "2G");
    failed(IN_USE, "delete", "vol1");
    failed(IN_USE, "delete", "-r", "vol1");
    failed(IN_USE, "create", "vol1", "--size", "2G");
    failed(INVALID, "create", "-x");
    failed(INVALID, "create", "../etc");
    failed(INVALID, "create", "vol2", "--size", "big");
    failed(INVALID, "create", "vol2", "-o", "nope=1");
    failed(INVALID, "create", "vol2", "--backend", "nope");
    failed(INVALID, "grow", "vol1", "2G");
    failed(INVALID, "nonsense");
    failed(INVALID);
    failed(UNREACHABLE, "list", "--socket", bed.path("nobody.sock").toString());

    assertThat(done("list").lines()).hasSize(2);
  }

  @Test
  void errorsAreJsonWhenAskedFor() {
    Command.Result result = bed.cli("inspect", "nope", "--json");

    assertThat(result.exit()).isEqualTo(NO_SUCH_VOLUME);
    JsonNode error = parse(result.err()).path("error");
    assertThat(error.path("code").asText()).isNotEmpty();
    assertThat(error.path("message").asText()).contains("nope");
  }

  @Test
  void infoTellsWhatRuns() {
    done("create", "vol1");
    done("mount", "vol1");

    assertThat(done("info")).contains("vfs", "loop", "1, 1 of them mounted", bed.socket() + "");
    JsonNode info = json("info", "--json");
    assertThat(info.path("version").asText()).matches("\\d.*");
    assertThat(info.path("volumes").asInt()).isOne();
    assertThat(info.path("mounted").asInt()).isOne();
    assertThat(info.path("backends")).hasSize(2);
    assertThat(info.path("backends").get(0).path("state").asText()).isEqualTo("ok");
  }

  @Test
  void doctorsExitCodeAgreesWithItsReport() {
    Command.Result text = bed.cli("doctor");
    Command.Result json = bed.cli("doctor", "--json");

    JsonNode report = parse(json.out());
    int expected = report.path("healthy").asBoolean() ? 0 : PROBLEMS_FOUND;
    assertThat(json.exit()).isEqualTo(expected);
    assertThat(text.exit()).isEqualTo(expected);
    assertThat(report.path("checks")).isNotEmpty();
    for (JsonNode check : report.path("checks")) {
      assertThat(check.path("status").asText()).isIn("ok", "warning", "problem");
      assertThat(text.out()).contains(check.path("name").asText());
      if (!check.path("status").asText().equals("ok")) {
        assertThat(check.path("remedy").asText()).as(check.toString()).isNotBlank();
      }
    }
  }

  @Test
  void aDoctorFindsADamagedVolume() throws IOException {
    done("create", "bad");
    Path description = bed.path("vfs/.doceph/bad.json");
    String good = Files.readString(description);
    Files.writeString(description, "{");
    Await.until(
        "the damage is seen",
        Bed.SOON,
        () ->
            done("list").contains("damaged")
                || json("inspect", "bad", "--json").path("problem").asText().contains("damaged"));

    Command.Result doctor = bed.cli("doctor", "--json");

    assertThat(doctor.exit()).isEqualTo(PROBLEMS_FOUND);
    assertThat(doctor.out()).contains("bad");
    Files.writeString(description, good);
    Await.until(
        "the volume is good again",
        Bed.SOON,
        () -> json("inspect", "bad", "--json").path("problem").isNull());
  }

  @Test
  void helpVersionAndCompletionNeedNoDaemon() {
    String nobody = bed.path("nobody.sock").toString();

    assertThat(done("--help")).contains("create", "doctor");
    assertThat(done("create", "--help", "--socket", nobody)).contains("--size");
    assertThat(done("--version")).contains("doceph");
    assertThat(done("completion", "bash")).contains("doceph");
  }

  private String done(String... arguments) {
    return bed.cli(arguments).succeeded().out();
  }

  private JsonNode json(String... arguments) {
    return parse(done(arguments));
  }

  private void failed(int exit, String... arguments) {
    Command.Result result = bed.cli(arguments);

    assertThat(result.exit()).as(result.toString()).isEqualTo(exit);
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).isNotEmpty().doesNotContain("Exception", "io.doceph.");
  }

  private static JsonNode parse(String text) {
    return new PluginClient.Answer(0, text, "").json();
  }
}
