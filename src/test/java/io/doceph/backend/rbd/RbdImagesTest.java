package io.doceph.backend.rbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import io.doceph.host.BlockDevices;
import io.doceph.volume.Attachment;
import io.doceph.volume.Found;
import io.doceph.volume.Volume;
import io.doceph.volume.VolumeError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a volume's options make of its image. */
@Tag("rig")
@Timeout(120)
class RbdImagesTest {
  private static final String HOST = "host-1";

  private final RbdBed bed;
  private final RbdBackend backend;

  RbdImagesTest(@TempDir Path directory) {
    bed = new RbdBed(directory);
    backend = bed.backend(HOST);
  }

  @AfterEach
  void nothingIsLeftMapped() {
    bed.clear();
  }

  private Volume made(Map<String, ?> options) {
    return RbdBed.made(backend, HOST, "volume", options);
  }

  private void attachAndDetach(Volume volume) {
    Attachment attachment = backend.attach(volume, RbdBed.soon());
    assertThat(BlockDevices.sizeBytes(attachment.path())).hasValue(volume.spec().sizeBytes());
    assertThat(backend.attached(RbdBed.soon()))
        .containsExactly(Map.entry(volume.name(), attachment.path()));
    backend.detach(volume.name(), attachment, RbdBed.soon());
  }

  private static List<String> features(JsonNode info) {
    List<String> features = new ArrayList<>();
    info.path("features").forEach(f -> features.add(f.asText()));
    return features;
  }

  @Test
  void withoutOptionsAnImageHasTheFeaturesThatKernelsMap() {
    Volume volume = made(Map.of());

    JsonNode info = bed.info("volumes/volume");
    assertThat(features(info))
        .containsExactlyInAnyOrder(
            "layering", "exclusive-lock", "object-map", "fast-diff", "deep-flatten");
    assertThat(info.path("object_size").asLong()).isEqualTo(4 << 20);
    assertThat(info.path("size").asLong()).isEqualTo(8 << 20);
    assertThat(info.has("data_pool")).isFalse();
    attachAndDetach(volume);
  }

  @Test
  void featuresObjectSizeAndStripingReachTheImage() {
    Volume volume =
        made(
            Map.of(
                "features", "layering,exclusive-lock,striping",
                "object-size", "1MiB",
                "stripe-unit", "64KiB",
                "stripe-count", 4));

    JsonNode info = bed.info("volumes/volume");
    assertThat(features(info)).containsExactlyInAnyOrder("layering", "exclusive-lock", "striping");
    assertThat(info.path("object_size").asLong()).isEqualTo(1 << 20);
    assertThat(info.path("stripe_unit").asLong()).isEqualTo(64 << 10);
    assertThat(info.path("stripe_count").asLong()).isEqualTo(4);
    attachAndDetach(volume);
  }

  @Test
  void theDataMayBeInAnErasureCodedPool() throws IOException {
    Volume volume = made(Map.of("data-pool", "ecdata"));

    assertThat(bed.info("volumes/volume").path("data_pool").asText()).isEqualTo("ecdata");
    Attachment attachment = backend.attach(volume, RbdBed.soon());
    Files.write(attachment.path(), new byte[4096]);
    backend.detach(volume.name(), attachment, RbdBed.soon());
    String prefix = bed.info("volumes/volume").path("block_name_prefix").asText();
    assertThat(bed.ceph().rados("-p", "ecdata", "ls").succeeded().out()).contains(prefix);
  }

  @Test
  void aVolumeMayBeInANamespace() {
    Volume volume = made(Map.of("namespace", "team1"));

    assertThat(bed.images(RbdBed.TEAM)).containsExactly("volume");
    assertThat(bed.images(RbdBed.VOLUMES)).isEmpty();
    assertThat(bed.keys(RbdBed.TEAM)).containsExactly("volume");
    assertThat(bed.keys(RbdBed.VOLUMES)).isEmpty();
    assertThat(backend.find(volume.name(), RbdBed.soon())).contains(Found.of(volume));
    attachAndDetach(volume);
    backend.removeData(volume.at(Volume.Stage.REMOVING), RbdBed.soon());
    backend.forget(volume.name(), RbdBed.soon());
    assertThat(bed.images(RbdBed.TEAM)).isEmpty();
    assertThat(bed.keys(RbdBed.TEAM)).singleElement().asString().startsWith(Index.TRASH);
  }

  @Test
  void aVolumeMayBeInAnotherPoolAndAskForAnotherUser() {
    Volume volume = made(Map.of("pool", "ssd", "auth_user", "cinder"));

    assertThat(bed.images(RbdBed.SSD)).containsExactly("volume");
    assertThat(bed.keys(RbdBed.SSD)).containsExactly("volume");
    assertThat(bed.images(RbdBed.VOLUMES)).isEmpty();
    assertThat(bed.backend("host-2").list(RbdBed.soon())).containsExactly(Found.of(volume));
    attachAndDetach(volume);
  }

  @Test
  void theUserThatIsAskedForIsTheOneThatWorksWithTheImage() {
    VolumeError error =
        catchThrowableOfType(VolumeError.class, () -> made(Map.of("auth_user", "nocaps")));

    assertThat(error.code()).isEqualTo(VolumeError.Code.FAILED);
    assertThat(error)
        .hasMessageStartingWith("volume volume cannot be made in volumes: ")
        .hasMessageContaining("the Ceph user nocaps may not do that");
    assertThat(bed.images(RbdBed.VOLUMES)).isEmpty();
  }

  @Test
  void mapOptionsReachTheMap() throws IOException {
    // Given an rbd that writes down how it was called
    Path calls = bed.host("calls");
    Path shim = bed.ceph().shim(bed.host(HOST));
    Path recording = bed.host("recording-rbd");
    Files.writeString(
        recording, "#!/bin/sh\necho \"$*\" >>" + calls + "\nexec " + shim + " \"$@\"\n");
    assertThat(recording.toFile().setExecutable(true)).isTrue();
    RbdBackend recorded = bed.backend(HOST, recording);

    Volume volume = RbdBed.made(recorded, HOST, "volume", Map.of("map", "queue_depth=64, notrim"));
    Attachment attachment = recorded.attach(volume, RbdBed.soon());
    recorded.detach(volume.name(), attachment, RbdBed.soon());

    assertThat(Files.readAllLines(calls))
        .filteredOn(call -> call.contains(" device map "))
        .singleElement()
        .asString()
        .endsWith("device map -t krbd -o queue_depth=64,notrim,noudev,noshare volumes/volume");
  }
}
