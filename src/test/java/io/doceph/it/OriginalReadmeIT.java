package io.doceph.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.doceph.rig.Command;
import io.doceph.rig.RbdHost;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The README of the first doceph: its eight calls, verbatim but for the address, give the answers
 * that it shows. An answer may have further members.
 */
@Tag("rig")
class OriginalReadmeIT {
  private static final String NAME = "volume-1q2xw342f";
  private static final String NAMED = "{\"Name\": \"volume-1q2xw342f\"}";
  private static final String VOLUME =
      """
      {"Mountpoint": "LOCAL_DIR/volume-1q2xw342f", "Name": "volume-1q2xw342f", "Opts":\
       {"auth_user": "cinder", "fs": "xfs", "pool": "volumes", "size": 1}}""";

  private final Bed bed = Bed.make();

  @AfterEach
  void stop() {
    bed.close();
  }

  @Test
  void theEightCallsGiveTheirAnswers() throws Exception {
    assumeTrue(Bed.isRoot(), "mounts need root");
    try (RbdHost host = RbdHost.make("readme", bed.path("host"))) {
      // Given a daemon that is configured as the first doceph was
      int port = ListenIT.freePort();
      Map<String, String> settings = new TreeMap<>(host.settings());
      settings.put("DOCEPH_LISTEN_TCP", "127.0.0.1:" + port);
      settings.put("DOCEPH_RBD_USERS", "cinder");
      bed.start(Bed.changes(settings));

      // When its README is followed, then it is right
      answers(port, "/Plugin.Activate", "{}", "{\"Implements\": [\"VolumeDriver\"]}");
      answers(
          port,
          "/VolumeDriver.Create",
          """
          {"Name": "volume-1q2xw342f", "Opts": {"pool": "volumes", "fs": "xfs", "size": 1,\
           "auth_user": "cinder"}}""",
          "{\"Err\": \"\"}");
      assertThat(host.images()).containsOnlyOnce(NAME);
      assertThat(host.ceph().rbd("info", "volumes/" + NAME).out())
          .contains("size 1 GiB", "format: 2", "layering");
      String mounted = "{\"Mountpoint\": \"LOCAL_DIR/volume-1q2xw342f\", \"Err\": \"\"}";
      answers(port, "/VolumeDriver.Mount", NAMED, mounted);
      assertThat(kernelsFilesystem()).isEqualTo("xfs");
      answers(
          port, "/VolumeDriver.Get", NAMED, "{\"Volume\": %s, \"Err\": \"\"}".formatted(VOLUME));
      answers(port, "/VolumeDriver.Path", NAMED, mounted);
      answers(
          port, "/VolumeDriver.List", "{}", "{\"Err\": \"\", \"Volumes\": [%s]}".formatted(VOLUME));
      answers(port, "/VolumeDriver.Unmount", NAMED, "{\"Err\": \"\"}");
      answers(port, "/VolumeDriver.Remove", NAMED, "{\"Err\": \"\"}");
      assertThat(host.images()).doesNotContain(NAME);

      // And nothing is left
      assertThat(bed.mounts()).isEmpty();
      assertThat(bed.loops()).isEmpty();
      assertThat(host.maps()).isEmpty();
      host.requireAsBefore();
    }
  }

  private void answers(int port, String path, String body, String documented) throws Exception {
    Command.Result answer =
        Command.of("curl", "-sS", "-X", "POST", "-d", body, "http://127.0.0.1:" + port + path)
            .run()
            .succeeded();
    JsonNode expected = parse(documented.replace("LOCAL_DIR", bed.path("mnt").toString()));
    requireMembers(path, expected, parse(answer.out()));
  }

  private static void requireMembers(String where, JsonNode expected, JsonNode actual) {
    if (expected.isObject()) {
      assertThat(actual.isObject()).as(where + ": " + actual).isTrue();
      expected
          .properties()
          .forEach(
              member ->
                  requireMembers(
                      where + "." + member.getKey(),
                      member.getValue(),
                      actual.path(member.getKey())));
    } else if (expected.isArray()) {
      assertThat(actual).as(where + ": " + actual).hasSameSizeAs(expected);
      for (int i = 0; i < expected.size(); i++) {
        requireMembers(where + "[" + i + "]", expected.get(i), actual.path(i));
      }
    } else {
      assertThat(actual).as(where).isEqualTo(expected);
    }
  }

  private static JsonNode parse(String text) throws JsonProcessingException {
    return new ObjectMapper().readTree(text);
  }

  private String kernelsFilesystem() {
    return Command.of(
            "findmnt", "--noheadings", "--output", "FSTYPE", bed.path("mnt/" + NAME).toString())
        .run()
        .succeeded()
        .out();
  }
}
