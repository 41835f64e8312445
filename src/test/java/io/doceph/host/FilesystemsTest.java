package io.doceph.host;

import static io.doceph.host.Root.sh;
import static io.doceph.host.Root.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.doceph.host.process.CommandFailure;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** With the real tools, on image files and on loop devices. */
@Timeout(180)
class FilesystemsTest {

  private static final int MIB = 1 << 20;

  private final Filesystems filesystems = new Filesystems(Root.tools(), Root.runner());
  private final LoopDevices loops = new LoopDevices(Root.tools(), Root.runner());
  private final Path dir;
  private final Path image;
  private final Path place;

  FilesystemsTest(@TempDir Path dir) throws Exception {
    this.dir = dir.toRealPath();
    this.image = this.dir.resolve("image");
    this.place = Files.createDirectory(this.dir.resolve("place"));
  }

  private Path blank(long bytes) {
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(bytes);
      return image;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void poke(long at) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.seek(at);
      file.write(1);
    }
  }

  private void tidy(Path device) {
    try {
      filesystems.unmount(place, soon());
    } finally {
      loops.detach(device, soon());
    }
  }

  private static void needTools(Filesystem filesystem) {
    for (String tool : filesystem.tools()) {
      assumeTrue(Root.tools().find(tool).isPresent(), tool + " is not installed");
    }
  }

  @ParameterizedTest
  @EnumSource(Filesystem.class)
  void makesMountsGrowsAndUnmountsWhatItRecognises(Filesystem filesystem) throws Exception {
    Root.need("use loop devices");
    needTools(filesystem);
    Path device = loops.attach(blank(filesystem.minimumBytes()), soon());
    try {
      assertThat(filesystems.probe(device, soon())).isEmpty();
      assertThat(Filesystem.recognise(device)).isEmpty();

      filesystems.make(device, filesystem, List.of(), soon());

      assertThat(Filesystem.recognise(device)).contains(filesystem);
      assertThat(filesystems.probe(device, soon())).contains(filesystem.wireName());

      filesystems.mount(device, filesystem, place, List.of("noatime", "nosuid"), soon());

      MountEntry entry = MountTable.at(place).orElseThrow();
      assertThat(entry.fsType()).isEqualTo(filesystem.wireName());
      assertThat(entry.options()).contains("noatime", "nosuid");
      assertThat(entry.isOn(device)).isTrue();
      assertThat(entry.isOn(Path.of("/dev/null"))).isFalse();
      Files.writeString(place.resolve("file"), "content");
      long before = Files.getFileStore(place).getTotalSpace();

      blank(filesystem.minimumBytes() + 400L * MIB);
      loops.refreshSize(device, soon());
      if (filesystem == Filesystem.EXT4 && !canGrowExt4Mounted()) {
        growUnmounted(device);
      } else {
        filesystems.grow(filesystem, device, place, soon());
      }

      assertThat(Files.getFileStore(place).getTotalSpace()).isGreaterThan(before + 300L * MIB);
      assertThat(place.resolve("file")).hasContent("content");

      filesystems.unmount(place, soon());
      filesystems.unmount(place, soon());

      assertThat(MountTable.at(place)).isEmpty();
      filesystems.check(filesystem, device, soon());
    } finally {
      tidy(device);
    }
  }

  /** CAP_SYS_RESOURCE, number 24, which a container or a sandbox may take even from root. */
  private static boolean canGrowExt4Mounted() {
    return sh("sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status")
        .strip()
        .matches(".*[13579bdf]......");
  }

  private void growUnmounted(Path device) {
    assertThatThrownBy(() -> filesystems.grow(Filesystem.EXT4, device, place, soon()))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("Permission denied");
    filesystems.unmount(place, soon());
    filesystems.check(Filesystem.EXT4, device, soon());
    filesystems.grow(Filesystem.EXT4, device, place, soon());
    filesystems.mount(device, Filesystem.EXT4, place, List.of(), soon());
  }

  @ParameterizedTest
  @EnumSource(Filesystem.class)
  void lessThanTheMinimumMakesNoSense(Filesystem filesystem) {
    needTools(filesystem);
    blank(filesystem == Filesystem.EXT4 ? 64 << 10 : filesystem.minimumBytes() * 8 / 10);

    assertThatThrownBy(() -> filesystems.make(image, filesystem, List.of(), soon()))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("mkfs." + filesystem.wireName());
  }

  @ParameterizedTest
  @EnumSource(Filesystem.class)
  void whatHoldsDataIsNeverFormatted(Filesystem filesystem) throws Exception {
    needTools(Filesystem.EXT4);
    needTools(filesystem);
    filesystems.make(blank(400 * MIB), Filesystem.EXT4, List.of(), soon());
    String before = sh("sha256sum '%s'".formatted(image));

    assertThatThrownBy(() -> filesystems.make(image, filesystem, List.of(), soon()))
        .isInstanceOf(DeviceNotBlankException.class)
        .hasMessageContaining("it holds ext4");

    assertThat(sh("sha256sum '%s'".formatted(image))).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 510, MIB - 1, 49L * MIB, 50L * MIB - 1})
  void oneByteInTheFirstOrLastMibIsNotBlank(long at) throws Exception {
    blank(50 * MIB);
    assertThat(filesystems.probe(image, soon())).isEmpty();
    poke(at);

    assertThat(filesystems.probe(image, soon())).get().asString().contains("unknown data");
    assertThatThrownBy(() -> filesystems.make(image, Filesystem.EXT4, List.of(), soon()))
        .isInstanceOf(DeviceNotBlankException.class);
  }

  @ParameterizedTest
  @ValueSource(longs = {4096, MIB, MIB + 4096})
  void smallImagesAreProbedToo(long size) throws Exception {
    blank(size);
    assertThat(filesystems.probe(image, soon())).isEmpty();
    poke(size - 1);
    assertThat(filesystems.probe(image, soon())).isPresent();
  }

  @Test
  void aPartitionTableIsNotBlank() throws Exception {
    blank(50 * MIB);
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.seek(446);
      // One Linux partition, sector 2048 and on.
      file.write(new byte[] {0, 0, 0, 0, (byte) 0x83, 0, 0, 0, 0, 8, 0, 0, 0, 64, 0, 0});
      file.seek(510);
      file.write(new byte[] {0x55, (byte) 0xaa});
    }

    assertThat(filesystems.probe(image, soon())).contains("a partition table (dos)");
  }

  @Test
  void aDeviceThatIsNotThereIsNotBlank() {
    // blkid says the same of it as of a blank one.
    assertThatThrownBy(() -> filesystems.probe(dir.resolve("gone"), soon()))
        .isInstanceOf(HostException.class)
        .hasMessageContaining("gone");
  }

  @ParameterizedTest
  @ValueSource(strings = {"-f", "-F", "-qf", "--force", "/dev/sda", "--"})
  void mkfsIsNeverForcedNorSentElsewhere(String argument) {
    blank(50 * MIB);

    assertThatThrownBy(() -> filesystems.make(image, Filesystem.EXT4, List.of(argument), soon()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + argument + "' is not allowed");
    assertThat(Filesystem.recognise(image)).isEmpty();
  }

  @Test
  void aFreshExt4IsEmptyAndWhole() {
    needTools(Filesystem.EXT4);

    filesystems.make(blank(50 * MIB), Filesystem.EXT4, List.of(), soon());

    assertThat(sh("debugfs -R 'ls -p' '%s' 2>/dev/null".formatted(image)))
        .contains("/.//", "/..//")
        .doesNotContain("lost+found");
    assertThat(sh("e2fsck -fn '%s' 2>&1".formatted(image))).contains("10/"); // it fails else
  }

  @Test
  void whenLostAndFoundCannotBeTakenAwayThatIsSaid() throws Exception {
    needTools(Filesystem.EXT4);
    Path broken = dir.resolve("debugfs");
    Files.writeString(
        broken, "#!/bin/sh\necho 'debugfs 1.47.0 (5-Feb-2023)' >&2\necho 'rmdir: no space' >&2\n");
    assertThat(broken.toFile().setExecutable(true)).isTrue();
    var with = new Filesystems(new Tools(Map.of("debugfs", broken)), Root.runner());

    assertThatThrownBy(() -> with.make(blank(50 * MIB), Filesystem.EXT4, List.of(), soon()))
        .isInstanceOf(HostException.class)
        .hasMessageContaining("lost+found")
        .hasMessageEndingWith("rmdir: no space");
  }

  @Test
  void extraArgumentsReachMkfs() {
    needTools(Filesystem.EXT4);

    filesystems.make(blank(50 * MIB), Filesystem.EXT4, List.of("-L", "label1"), soon());

    assertThat(sh("blkid -p -o value -s LABEL '%s'".formatted(image))).isEqualTo("label1\n");
  }

  @Test
  void aMountedFilesystemThatIsInUseIsNotUnmounted() throws Exception {
    Root.need("use loop devices");
    needTools(Filesystem.EXT4);
    Path device = loops.attach(blank(50 * MIB), soon());
    try {
      filesystems.make(device, Filesystem.EXT4, List.of(), soon());
      filesystems.mount(device, Filesystem.EXT4, place, List.of(), soon());
      try (RandomAccessFile user = new RandomAccessFile(place.resolve("open").toFile(), "rw")) {
        user.write(1);

        assertThatThrownBy(() -> filesystems.unmount(place, soon()))
            .isInstanceOf(CommandFailure.class)
            .hasMessageContaining("busy");
        assertThat(MountTable.at(place)).isPresent();
      }
    } finally {
      tidy(device);
    }
  }

  @Test
  void namesAndMinima() {
    assertThat(Filesystem.parse("btrfs")).isEqualTo(Filesystem.BTRFS);
    assertThatThrownBy(() -> Filesystem.parse("XFS"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the file system is one of xfs, ext4, btrfs, not 'XFS'");
    assertThat(Filesystem.XFS.minimumBytes()).isEqualTo(300L * MIB);
  }
}
