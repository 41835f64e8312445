package io.doceph.backend.rbd;

import static org.assertj.core.api.Assertions.assertThat;

import io.doceph.backend.rbd.LegacyVolumes.Defaults;
import io.doceph.volume.VolumeName;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LegacyVolumesRemoveTest {
  private static final Path LOCAL = Path.of("/var/lib/original");

  private final Path rbdmap;
  private final Path fstab;
  private final LegacyVolumes volumes;

  LegacyVolumesRemoveTest(@TempDir Path dir) {
    rbdmap = dir.resolve("rbdmap");
    fstab = dir.resolve("fstab");
    volumes =
        new LegacyVolumes(
            dir.resolve("none"), rbdmap, fstab, new Defaults("volumes", "docker", null));
  }

  private static LegacyVolume volume(String name) {
    return new LegacyVolume(
        new VolumeName(name), "volumes", "docker", 1, "xfs", LOCAL.resolve(name), List.of());
  }

  private static String text(Path file) throws Exception {
    return Files.readString(file, StandardCharsets.ISO_8859_1);
  }

  private static void write(Path file, String text) throws Exception {
    Files.writeString(file, text, StandardCharsets.ISO_8859_1);
  }

  @Test
  void exactlyTheVolumesLinesAreTakenOut() throws Exception {
    String maps =
        """
        # volumes/volume-1 is ours
        volumes/volume-10 id=cinder,keyring=/k
        other/volume-1 id=cinder,keyring=/k
        volumes/ns/volume-1 id=cinder,keyring=/k
        %s\
        a-volumes/volume-1\tid=cinder\r
        caf\u00e9\
        """;
    String mounts =
        """
        #/dev/rbd0 /var/lib/original/volume-1 xfs defaults 0 0
        /dev/rbd1 /var/lib/original/volume-10 xfs defaults,_netdev 0 0
        %s\
        /dev/rbd2 /elsewhere/volume-1 xfs defaults,_netdev 0 0
        /dev/rbd0p1 /var/lib/original/volume-1 xfs defaults 0 0
        /dev/sdb1 /var/lib/original/volume-1 xfs defaults 0 0
        /dev/rbd/other/volume-1 /var/lib/original/volume-1 xfs defaults 0 0
        /dev/rbd/volumes/volume-1 /srv/mine xfs defaults 0 0
        """;
    String before = mounts.formatted("/dev/rbd0 /var/lib/original/volume-1 xfs defaults 0 0\r\n");
    write(rbdmap, maps.formatted("volumes/volume-1 id=cinder, secret=x\n"));
    write(fstab, before);

    List<Path> changed = volumes.removeLines(volume("volume-1"));

    assertThat(changed).containsExactly(fstab, rbdmap);
    assertThat(text(rbdmap)).isEqualTo(maps.formatted(""));
    assertThat(text(fstab)).isEqualTo(mounts.formatted(""));
    assertThat(text(fstab.resolveSibling("fstab.before-doceph"))).isEqualTo(before);
  }

  @Test
  void aDeviceOfItsNameIsTakenOutWhereverTheVolumeWas() throws Exception {
    write(fstab, "one\n/dev/rbd/volumes/db /old/place/db xfs defaults 0 0");

    volumes.removeLines(volume("db"));

    assertThat(text(fstab)).isEqualTo("one\n");
  }

  @Test
  void aNumberedDeviceIsLeftWhenNothingTellsTheMountpoint() throws Exception {
    write(fstab, "/dev/rbd0 /var/lib/original/db xfs defaults 0 0\n");

    List<Path> changed =
        volumes.removeLines(
            new LegacyVolume(new VolumeName("db"), "volumes", "x", 1, null, null, List.of()));

    assertThat(changed).isEmpty();
    assertThat(text(fstab)).startsWith("/dev/rbd0 ");
  }

  @Test
  void linesAfterAMarkerAreNeverTakenOut() throws Exception {
    write(rbdmap, "# doceph volume db\nvolumes/db id=docker,keyring=/k\n");
    write(fstab, "# doceph volume db\n/dev/rbd/volumes/db /var/lib/original/db xfs noauto 0 0\n");
    String before = text(rbdmap) + text(fstab);

    assertThat(volumes.removeLines(volume("db"))).isEmpty();

    assertThat(text(rbdmap) + text(fstab)).isEqualTo(before);
    assertThat(rbdmap.resolveSibling("rbdmap.before-doceph")).doesNotExist();
  }

  @Test
  void theCopyShowsTheTablesBeforeTheFirstVolume() throws Exception {
    String before = "volumes/a id=x,secret=y\nvolumes/b id=x,secret=y\n";
    write(rbdmap, before);

    volumes.removeLines(volume("a"));
    volumes.removeLines(volume("b"));

    Path copy = rbdmap.resolveSibling("rbdmap.before-doceph");
    assertThat(text(rbdmap)).isEmpty();
    assertThat(text(copy)).isEqualTo(before);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(copy)))
        .isEqualTo("rw-------");
  }

  @Test
  void withoutTablesNothingHappens() throws Exception {
    assertThat(volumes.removeLines(volume("a"))).isEmpty();

    try (var files = Files.list(rbdmap.resolveSibling(""))) {
      assertThat(files).isEmpty();
    }
  }
}
