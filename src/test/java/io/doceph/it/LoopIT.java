package io.doceph.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.doceph.rig.Command;
import io.doceph.rig.DocephDaemon;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Volumes that are filesystems in files, with the machine's real tools. */
@Tag("rig")
class LoopIT {
  private final Bed bed = Bed.make();

  @BeforeEach
  void needRoot() {
    assumeTrue(Bed.isRoot(), "loop devices need root");
  }

  @AfterEach
  void stop() {
    bed.close();
  }

  @ParameterizedTest
  @CsvSource({"ext4, 16, 48", "xfs, 300, 400", "btrfs, 128, 256"})
  void dataLivesAndTheSizeIsEnforcedAndGrows(String fs, int mebibytes, int larger)
      throws IOException {
    DocephDaemon daemon = start();
    try (Plugin plugin = new Plugin(daemon)) {
      // Given a volume with data, mounted again
      plugin.create("v", "\"fs\":\"" + fs + "\",\"size\":\"" + mebibytes + "M\"");
      Path mountpoint = plugin.mount("v", "c1");
      assertThat(mountpoint).isEqualTo(bed.path("mnt/v")).isEmptyDirectory();
      assertThat(kernelsFilesystem(mountpoint)).isEqualTo(fs);
      Files.writeString(mountpoint.resolve("f"), "data");
      plugin.unmount("v", "c1");
      assertThat(bed.mounts()).isEmpty();
      assertThat(bed.loops()).isEmpty();
      plugin.mount("v", "c2");

      // Then the data is there and no more fits than was asked for
      assertThat(mountpoint.resolve("f")).hasContent("data");
      Command.Result tooMuch = reserve(mountpoint, mebibytes);
      assertThat(tooMuch.exit()).isNotZero();
      assertThat(tooMuch.err()).contains("No space left on device");

      // When it is made larger while mounted, or, where the kernel refuses that, while it is not
      growMounted(plugin, fs, larger);

      // Then what did not fit fits, across another mount
      assertThat(mountpoint.resolve("f")).hasContent("data");
      reserve(mountpoint, mebibytes).succeeded();
      plugin.unmount("v", "c2");
      assertThat(plugin.volume("v").path("Status").path("size").asText()).isEqualTo(larger + "MiB");
      plugin.mount("v", "c3");
      assertThat(mountpoint.resolve("f")).hasContent("data");
      plugin.unmount("v", "c3");
      plugin.remove("v");
    }
    assertThat(bed.loops()).isEmpty();
    assertThat(bed.names("mnt")).isEmpty();
    assertThat(bed.names("loop")).containsExactly(".doceph");
  }

  @Test
  void aRemovalNeverEmptiesWhatIsMountedInsideAVolume() throws IOException {
    DocephDaemon daemon = start();
    try (Plugin plugin = new Plugin(daemon)) {
      // Given a directory volume in which somebody has mounted other files
      plugin.create("d", "\"backend\":\"vfs\"");
      Path inside = Files.createDirectory(bed.path("vfs/d/inside"));
      Path others = Files.createDirectory(bed.path("others"));
      Files.writeString(others.resolve("f"), "theirs");
      Command.of("mount", "--bind", others.toString(), inside.toString()).run().succeeded();

      // When it is removed
      Command.Result refused = bed.cli("delete", "d");

      // Then that is refused, and possible once nothing is mounted there
      assertThat(refused.exit()).isEqualTo(4);
      assertThat(refused.err()).contains("mounted in it at " + inside);
      assertThat(others.resolve("f")).hasContent("theirs");
      Command.of("umount", inside.toString()).run().succeeded();
      bed.cli("delete", "d").succeeded();
      assertThat(others.resolve("f")).hasContent("theirs");
    }
  }

  @ParameterizedTest
  @CsvSource({"ext4, 16, 48", "xfs, 300, 400", "btrfs, 128, 256"})
  void anUnmountedVolumeGrows(String fs, int mebibytes, int larger) throws IOException {
    DocephDaemon daemon = start();
    try (Plugin plugin = new Plugin(daemon)) {
      plugin.create("v", "\"fs\":\"" + fs + "\",\"size\":\"" + mebibytes + "M\"");

      bed.cli("grow", "v", larger + "M").succeeded();

      assertThat(bed.mounts()).isEmpty();
      assertThat(bed.loops()).isEmpty();
      reserve(plugin.mount("v", "c1"), mebibytes).succeeded();
      Command.Result smaller = bed.cli("grow", "v", mebibytes + "M");
      assertThat(smaller.exit()).isEqualTo(2);
      assertThat(smaller.err()).contains("never shrink");
      plugin.unmount("v", "c1");
    }
  }

  private void growMounted(Plugin plugin, String fs, int larger) {
    Command.Result grown = bed.cli("grow", "v", larger + "M");
    if (grown.exit() != 0) {
      // ext4 grows while mounted only with CAP_SYS_RESOURCE, which containers lack.
      assertThat(fs).as(grown.err()).isEqualTo("ext4");
      assertThat(grown.err())
          .contains("resize2fs")
          .containsPattern("not permitted|Permission denied");
      // The next mount finishes it.
      assertThat(plugin.volume("v").path("Status").path("problem").asText()).contains("grow");
      plugin.unmount("v", "c2");
      plugin.mount("v", "c2");
    }
  }

  @Test
  void theRootIsAsAskedFor() throws IOException {
    DocephDaemon daemon = start();
    try (Plugin plugin = new Plugin(daemon)) {
      plugin.create("v", "\"mode\":\"0750\",\"uid\":999,\"gid\":\"998\"");

      Path mountpoint = plugin.mount("v", "c1");

      assertThat(Command.of("stat", "-c", "%a %u %g", mountpoint.toString()).run().out())
          .isEqualTo("750 999 998");
      plugin.unmount("v", "c1");
    }
  }

  @Test
  void anUnmountedMountpointCannotBeWrittenTo() throws IOException {
    DocephDaemon daemon = start();
    try (Plugin plugin = new Plugin(daemon)) {
      plugin.create("v", "");
      Path mountpoint = plugin.mount("v", "c1");

      plugin.unmount("v", "c1");

      Path file = mountpoint.resolve("filling-the-host");
      assertThat(mountpoint).isDirectory();
      assertThatThrownBy(() -> Files.writeString(file, "x")).isInstanceOf(IOException.class);
    }
  }

  @Test
  void aDeviceWithAnotherContentIsNeitherMountedNorFormatted() throws IOException {
    DocephDaemon daemon = start();
    try (Plugin plugin = new Plugin(daemon)) {
      // Given files that something else has written to
      for (String name : new String[] {"other", "nothing"}) {
        plugin.create(name, "\"size\":\"300M\",\"fs\":\"xfs\"");
      }
      Path other = bed.path("loop/other.img");
      Path nothing = bed.path("loop/nothing.img");
      Command.of("mkfs.ext4", "-q", "-F", other.toString()).run().succeeded();
      Command.of("truncate", "-s", "0", nothing.toString()).run().succeeded();
      Command.of("truncate", "-s", "300M", nothing.toString()).run().succeeded();
      String before = sum(other) + sum(nothing);

      for (String name : new String[] {"other", "nothing"}) {
        var answer = plugin.tryMount(name, "c1");

        Plugin.refused(answer, 500);
        assertThat(answer.err()).contains(name, "xfs", "neither mounted nor changed");
      }

      // Then nothing has touched them
      assertThat(sum(other) + sum(nothing)).isEqualTo(before);
      assertThat(bed.mounts()).isEmpty();
      assertThat(bed.loops()).isEmpty();
    }
  }

  @Test
  void aFileThatWasCutOffOrIsGoneIsRefused() throws IOException {
    DocephDaemon daemon = start();
    try (Plugin plugin = new Plugin(daemon)) {
      plugin.create("short", "");
      plugin.create("gone", "");
      Path file = bed.path("loop/short.img");
      Command.of("truncate", "-s", "8M", file.toString()).run().succeeded();
      Files.delete(bed.path("loop/gone.img"));

      var cut = plugin.tryMount("short", "c1");
      var gone = plugin.tryMount("gone", "c1");

      Plugin.refused(cut, 500);
      assertThat(cut.err()).contains(file.toString(), "cut off");
      Plugin.refused(gone, 500);
      assertThat(gone.err()).contains("gone.img", "is gone");
      assertThat(file).hasSize(8 << 20);
      assertThat(bed.loops()).isEmpty();
      plugin.remove("gone");
      plugin.remove("short");
    }
  }

  @Test
  void aFileThatIsNoVolumeIsNeverTakenOver() throws IOException {
    DocephDaemon daemon = start();
    try (Plugin plugin = new Plugin(daemon)) {
      Path file = Files.createDirectories(bed.path("loop")).resolve("v.img");
      Files.writeString(file, "precious");

      Plugin.refused(plugin.tryCreate("v", ""), 500);

      assertThat(file).hasContent("precious");
      assertThat(plugin.names()).isEmpty();
      assertThat(bed.names("loop/.doceph")).isEmpty();
    }
  }

  private DocephDaemon start() {
    return bed.start("DOCEPH_BACKEND", "loop");
  }

  private static Command.Result reserve(Path mountpoint, int mebibytes) {
    return Command.of("fallocate", "-l", mebibytes + "M", mountpoint.resolve("big").toString())
        .run();
  }

  private static String kernelsFilesystem(Path mountpoint) throws IOException {
    return Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
        .filter(line -> line.contains(" " + mountpoint + " "))
        .map(line -> line.substring(line.indexOf(" - ") + 3).split(" ", -1)[0])
        .findFirst()
        .orElse("");
  }

  private static String sum(Path file) {
    return Command.of("cksum", file.toString()).run().succeeded().out();
  }
}
