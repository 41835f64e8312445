package io.doceph.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.doceph.rig.Await;
import io.doceph.rig.DocephDaemon;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What dockerd is told while a backend cannot say what it holds: never that a volume is gone. */
class SilentBackendIT {
  private final Bed bed = Bed.make();

  @AfterEach
  void stop() {
    bed.close();
  }

  @Test
  void aGetOfAnUnknownNameIsNotAnswered() {
    // Given an NFS path that is not mounted
    DocephDaemon daemon = bed.start("DOCEPH_VFS_REQUIRE_MOUNT", "true");

    try (Plugin plugin = new Plugin(daemon)) {
      // Then whether a name exists is not answered, and everything else is
      assertThatThrownBy(() -> plugin.get("maybe")).isInstanceOf(UncheckedIOException.class);
      assertThat(plugin.names()).isEmpty();
      assertThat(plugin.client().post("/Plugin.Activate", "").status()).isEqualTo(200);
      // and a name that cannot be is refused as ever
      Plugin.refused(plugin.get("../etc"), 200);
      var create = plugin.tryCreate("maybe", "");
      Plugin.refused(create, 500);
      assertThat(create.err()).contains(bed.path("vfs").toString());
      assertThat(bed.path("vfs")).doesNotExist();
    }
  }

  @Test
  void aKnownVolumeIsShownWithWhatIsWrong() throws IOException {
    // Given a known volume, and a disk that has begun to fail
    DocephDaemon daemon = bed.start();
    try (Plugin plugin = new Plugin(daemon)) {
      plugin.create("known", "");
      diskFails();

      // Then the volume is shown with the problem
      Await.until(
          "the problem is shown",
          Bed.SOON,
          () -> !plugin.volume("known").path("Status").path("problem").asText().isEmpty());
      assertThat(plugin.names()).containsExactly("known");
      assertThatThrownBy(() -> plugin.get("maybe")).isInstanceOf(UncheckedIOException.class);

      // When the disk is back
      diskIsMended();

      // Then all is well again
      Await.until(
          "the problem is gone",
          Bed.SOON,
          () -> !plugin.volume("known").path("Status").has("problem"));
      Plugin.refused(plugin.get("maybe"), 200);
    }
  }

  @Test
  void aDaemonStartsWithoutItsBackend() throws IOException {
    // Given a volume of an earlier daemon whose disk does not answer at the next start
    DocephDaemon daemon = bed.start();
    try (Plugin plugin = new Plugin(daemon)) {
      plugin.create("known", "");
    }
    daemon.term();
    diskFails();

    daemon.start();

    try (Plugin plugin = new Plugin(daemon)) {
      assertThatThrownBy(() -> plugin.get("known")).isInstanceOf(UncheckedIOException.class);
      diskIsMended();
      assertThat(plugin.volume("known").path("Name").asText()).isEqualTo("known");
    }
  }

  /** A link to itself: every access fails with an error that is not "no such file". */
  private void diskFails() throws IOException {
    Files.move(bed.path("vfs/.doceph"), bed.path("away"));
    Files.createSymbolicLink(bed.path("vfs/.doceph"), bed.path("vfs/.doceph"));
  }

  private void diskIsMended() throws IOException {
    Files.delete(bed.path("vfs/.doceph"));
    Files.move(bed.path("away"), bed.path("vfs/.doceph"));
  }
}
