package io.doceph.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.doceph.host.MountTable.ForeignMount;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MountTableTest {

  private final Path dir;

  MountTableTest(@TempDir Path dir) throws Exception {
    this.dir = dir.toRealPath();
  }

  private List<MountEntry> parse(String text) throws Exception {
    return MountTable.parse(
        Files.writeString(dir.resolve("mountinfo"), text, StandardCharsets.UTF_8));
  }

  @Test
  void readsEveryField() throws Exception {
    List<MountEntry> entries =
        parse(
            "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 shared:7 - ext3 /dev/root rw,errors=continue\n");

    assertThat(entries)
        .containsExactly(
            new MountEntry(
                36,
                "98:0",
                "/mnt1",
                Path.of("/mnt2"),
                "ext3",
                "/dev/root",
                List.of("rw", "noatime"),
                List.of("rw", "errors=continue"),
                true,
                true));
  }

  @Test
  void aMountMayHaveNoTagsAndUnknownOnes() throws Exception {
    List<MountEntry> entries =
        parse(
            """
            1 0 0:1 / / rw - tmpfs none rw
            2 1 0:2 / /a rw propagate_from:3 unbindable future:9 - proc proc rw
            """);

    assertThat(entries).extracting(MountEntry::shared).containsExactly(false, false);
    assertThat(entries).extracting(MountEntry::slave).containsExactly(false, false);
    assertThat(entries).extracting(MountEntry::fsType).containsExactly("tmpfs", "proc");
  }

  @Test
  void namesMayHoldSpacesTabsNewlinesAndBackslashes() throws Exception {
    List<MountEntry> entries =
        parse("1 0 0:1 /r\\040t /a\\040b\\011c\\012d\\134e/f rw - ext4 /dev/x\\040y rw\n");

    assertThat(entries)
        .singleElement()
        .extracting(MountEntry::mountPoint)
        .isEqualTo(Path.of("/a b\tc\nd\\e/f"));
    assertThat(entries).singleElement().extracting(MountEntry::root).isEqualTo("/r t");
    assertThat(entries).singleElement().extracting(MountEntry::source).isEqualTo("/dev/x y");
  }

  @Test
  void readOnlyMayBeTheMountOrTheWholeFilesystem() throws Exception {
    List<MountEntry> entries =
        parse(
            """
            1 0 0:1 / /a rw,relatime - ext4 /dev/a rw
            2 0 0:1 / /b ro,relatime - ext4 /dev/a rw
            3 0 0:2 / /c rw,relatime - ext4 /dev/c ro,errors=remount-ro
            """);

    assertThat(entries).extracting(MountEntry::readOnly).containsExactly(false, true, true);
  }

  @Test
  void ourOwnTableHasTheRootAndProc() {
    assertThat(MountTable.at(Path.of("/proc")))
        .get()
        .extracting(MountEntry::fsType)
        .isEqualTo("proc");
    assertThat(MountTable.self()).anyMatch(entry -> entry.mountPoint().equals(Path.of("/")));
    assertThat(MountTable.at(dir)).isEmpty();
  }

  @Test
  void ofSeveralMountsAtOnePlaceTheLastIsSeen() {
    Root.need("mount");
    Path place = dir.resolve("a place");
    try {
      Root.sh(
          "mkdir '%1$s'; mount -t tmpfs below '%1$s'; mount -t tmpfs above '%1$s'"
              .formatted(place));

      assertThat(MountTable.at(place)).get().extracting(MountEntry::source).isEqualTo("above");
    } finally {
      Root.sh("umount '%1$s'; umount '%1$s'; true".formatted(place));
    }
    assertThat(MountTable.at(place)).isEmpty();
  }

  @Test
  void findsMountsThatOnlyAnotherNamespaceHas() throws Exception {
    Root.need("make a mount namespace");
    Path place = Files.createDirectory(dir.resolve("place"));
    String program = "mount -t tmpfs hidden '%s' && echo ready && exec sleep 100".formatted(place);
    Process other =
        new ProcessBuilder("unshare", "-m", "--propagation", "private", "sh", "-c", program)
            .start();
    try {
      assertThat(other.inputReader().readLine()).isEqualTo("ready");

      List<ForeignMount> found = MountTable.elsewhere(entry -> entry.mountPoint().equals(place));

      assertThat(MountTable.at(place)).isEmpty();
      assertThat(found)
          .singleElement()
          .satisfies(
              mount -> {
                assertThat(mount.pid()).isEqualTo(other.pid());
                assertThat(mount.command()).isEqualTo("sleep");
                assertThat(mount.entry().source()).isEqualTo("hidden");
              });
    } finally {
      other.destroyForcibly();
      assertThat(other.waitFor(10, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(MountTable.elsewhere(entry -> entry.mountPoint().equals(place))).isEmpty();
  }

  @Test
  void theCarrierOfAPathIsTheNearestAndLastMountAboveIt() throws Exception {
    List<MountEntry> table =
        parse(
            """
            1 0 0:1 / / rw shared:1 - ext4 root rw
            2 1 0:2 / /var rw - ext4 first rw
            3 1 0:3 / /var rw shared:2 - ext4 second rw
            4 1 0:4 / /variable rw - ext4 other rw
            """);

    Optional<MountEntry> carrier = MountNamespace.carrier(Path.of("/var/lib/doceph"), table);

    assertThat(carrier).get().extracting(MountEntry::source).isEqualTo("second");
    assertThat(MountNamespace.carrier(Path.of("/srv"), table))
        .get()
        .extracting(MountEntry::source)
        .isEqualTo("root");
  }
}
