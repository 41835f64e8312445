package io.doceph.docker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.config.ByteSize;
import io.doceph.host.Filesystem;
import io.doceph.volume.Holder;
import io.doceph.volume.MountRecord;
import io.doceph.volume.Volume;
import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeError.Code;
import io.doceph.volume.VolumeName;
import io.doceph.volume.VolumeSpec;
import io.doceph.volume.VolumeView;
import jakarta.ws.rs.core.Response;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AnswersTest {
  private static final VolumeName NAME = new VolumeName("db");
  private static final Instant MADE = Instant.parse("2026-01-02T03:04:05.678Z");

  private static Volume volume() {
    ObjectNode options =
        JsonNodeFactory.instance.objectNode().put("size", 10).put("fs", "xfs").put("mode", "0750");
    return new Volume(
        new VolumeSpec(
            NAME,
            "loop",
            new ByteSize(10 * ByteSize.GIB),
            Filesystem.XFS,
            List.of(),
            List.of(),
            VolumeSpec.Root.UNCHANGED,
            null,
            options),
        MADE,
        Volume.Stage.READY,
        "host-1",
        0);
  }

  private static String body(Response response) {
    return new String((byte[]) response.getEntity(), StandardCharsets.UTF_8);
  }

  @Test
  void aReadyVolumeHasNoMountpoint() {
    ObjectNode item = Answers.item(new VolumeView(NAME, volume(), null, null, null));

    assertThat(item)
        .hasToString(
            """
            {"Name":"db","CreatedAt":"2026-01-02T03:04:05Z",\
            "Opts":{"size":10,"fs":"xfs","mode":"0750"},\
            "Status":{"backend":"loop","size":"10GiB","filesystem":"xfs","state":"ready","holders":0}}""");
  }

  @Test
  void aMountedVolumeShowsWhereAndForHowMany() {
    Holder holder = new Holder(2, 1, MADE, false);
    MountRecord mount =
        new MountRecord(
            NAME,
            "loop",
            Path.of("/m/db"),
            Path.of("/dev/loop7"),
            "7:7",
            MADE,
            Map.of("one", holder, "two", holder));

    ObjectNode item = Answers.item(new VolumeView(NAME, volume(), mount, null, null));

    assertThat(item.path("Mountpoint").asText()).isEqualTo("/m/db");
    assertThat(item.path("Status").path("state").asText()).isEqualTo("mounted");
    assertThat(item.path("Status").path("holders").asInt()).isEqualTo(2);
  }

  @Test
  void aDamagedVolumeIsShownWithWhatIsWrong() {
    ObjectNode item = Answers.item(new VolumeView(NAME, null, null, "it is damaged", null));

    assertThat(item)
        .hasToString(
            """
            {"Name":"db","Status":{"state":"damaged","holders":0,"problem":"it is damaged"}}""");
  }

  @Test
  void aDirectoryHasNeitherSizeNorFilesystem() {
    VolumeSpec spec =
        new VolumeSpec(
            NAME,
            "vfs",
            null,
            null,
            List.of(),
            List.of(),
            VolumeSpec.Root.UNCHANGED,
            null,
            JsonNodeFactory.instance.objectNode());

    ObjectNode item = Answers.item(new VolumeView(NAME, volume().with(spec), null, null, null));

    assertThat(item.path("Status"))
        .hasToString(
            """
            {"backend":"vfs","state":"ready","holders":0}""");
  }

  @Test
  void successHasAnEmptyErr() {
    Response response = Answers.done();

    assertThat(response.getStatus()).isEqualTo(200);
    assertThat(body(response)).isEqualTo("{\"Err\":\"\"}");
    assertThat(response.getMediaType()).hasToString("application/vnd.docker.plugins.v1.2+json");
  }

  @ParameterizedTest
  @EnumSource(Code.class)
  void aWrongRequestIs400AndAnythingElse500(Code code) {
    VolumeError error = new VolumeError(code, "a \"sentence\" with ä");

    for (Throwable each : List.of(error, new CompletionException(error))) {
      Response response = Answers.failure("Create", "db", each);

      assertThat(response.getStatus()).isEqualTo(code == Code.INVALID ? 400 : 500);
      assertThat(body(response)).isEqualTo("{\"Err\":\"a \\\"sentence\\\" with ä\"}");
    }
  }

  @Test
  void aFailureThatNobodyThoughtOfIsAnsweredToo() {
    Response response = Answers.failure("Create", "db", new IllegalStateException("oops"));

    assertThat(response.getStatus()).isEqualTo(500);
    assertThat(body(response))
        .isEqualTo(
            "{\"Err\":\"doceph failed: java.lang.IllegalStateException: oops (its log says more)\"}");
  }
}
