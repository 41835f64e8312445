package io.doceph.backend.rbd;

import static org.assertj.core.api.Assertions.assertThat;

import io.doceph.volume.VolumeName;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostTablesTest {
  private static final Path KEYRING = Path.of("/etc/ceph/ceph.client.docker.keyring");
  private static final String MAP = " id=docker,keyring=/etc/ceph/ceph.client.docker.keyring\n";
  private static final String OPTIONS = " xfs noauto,nofail,_netdev 0 0\n";

  private static final String MAP_1 = "# doceph volume volume-1\nvolumes/volume-1" + MAP;
  private static final String MOUNT_1 =
      "# doceph volume volume-1\n/dev/rbd/volumes/volume-1 /mnt/volume-1" + OPTIONS;

  private final Path rbdmap;
  private final Path fstab;
  private final HostTables tables;

  HostTablesTest(@TempDir Path dir) {
    rbdmap = dir.resolve("rbdmap");
    fstab = dir.resolve("fstab");
    tables = new HostTables(rbdmap, fstab);
  }

  private static HostTables.Entry entry(String name) {
    return entry(name, "docker", Path.of("/mnt", name));
  }

  private static HostTables.Entry entry(String name, String user, Path mountpoint) {
    return new HostTables.Entry(
        new VolumeName(name), "volumes", "", name, user, KEYRING, "xfs", mountpoint);
  }

  private void remove(String name) {
    tables.remove(new VolumeName(name), "volumes", "", name);
  }

  private static String text(Path file) throws Exception {
    return Files.readString(file, StandardCharsets.ISO_8859_1);
  }

  private static void write(Path file, String text) throws Exception {
    Files.writeString(file, text, StandardCharsets.ISO_8859_1);
  }

  private static String mode(Path file) throws Exception {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  @Test
  void missingFilesAreMade() throws Exception {
    tables.put(entry("volume-1"));

    assertThat(text(rbdmap)).isEqualTo(MAP_1);
    assertThat(text(fstab)).isEqualTo(MOUNT_1);
    assertThat(mode(rbdmap)).isEqualTo("rw-------");
    assertThat(mode(fstab)).isEqualTo("rw-r--r--");
  }

  @Test
  void aNamespaceIsBetweenPoolAndImage() throws Exception {
    HostTables.Entry entry =
        new HostTables.Entry(
            new VolumeName("db"), "p", "ns", "i", "u", KEYRING, "ext4", Path.of("/mnt/db"));

    tables.put(entry);

    assertThat(text(rbdmap)).contains("\np/ns/i id=u,keyring=/etc/ceph/");
    assertThat(text(fstab)).contains("\n/dev/rbd/p/ns/i /mnt/db ext4 noauto,nofail,_netdev 0 0\n");
    tables.remove(new VolumeName("db"), "p", "ns", "i");
    assertThat(text(rbdmap) + text(fstab)).isEmpty();
  }

  @Test
  void puttingTwiceDoesNotEvenRewrite() throws Exception {
    tables.put(entry("volume-1"));
    Object before = Files.getAttribute(fstab, "unix:ino");
    Object time = Files.getLastModifiedTime(rbdmap);

    tables.put(entry("volume-1"));

    assertThat(Files.getAttribute(fstab, "unix:ino")).isEqualTo(before);
    assertThat(Files.getLastModifiedTime(rbdmap)).isEqualTo(time);
    assertThat(text(fstab)).isEqualTo(MOUNT_1);
  }

  @Test
  void aChangedEntryIsReplacedInPlace() throws Exception {
    tables.put(entry("volume-1"));
    tables.put(entry("volume-2"));
    String rest = text(fstab).substring(MOUNT_1.length());

    tables.put(entry("volume-1", "cinder", Path.of("/srv/one")));

    assertThat(text(rbdmap)).contains("volumes/volume-1 id=cinder,").doesNotContain(MAP_1);
    assertThat(text(fstab))
        .isEqualTo("# doceph volume volume-1\n/dev/rbd/volumes/volume-1 /srv/one" + OPTIONS + rest);
  }

  @Test
  void volume1IsNotVolume10() throws Exception {
    tables.put(entry("volume-10"));
    tables.put(entry("volume-1"));
    tables.put(entry("a-volume-1"));

    remove("volume-1");

    assertThat(text(rbdmap))
        .contains("volumes/volume-10 ", "volumes/a-volume-1 ")
        .doesNotContain("volumes/volume-1 ");
    assertThat(text(fstab))
        .contains("/mnt/volume-10 ", "/mnt/a-volume-1 ")
        .doesNotContain("/mnt/volume-1 ");
  }

  @Test
  void removingWhatIsNotThereWritesNothing() throws Exception {
    remove("volume-1");

    try (var files = Files.list(rbdmap.resolveSibling(""))) {
      assertThat(files).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n",
        "# a comment\n\n/dev/sda1\t/\text4  defaults 0 1\n",
        "no end",
        "one\r\ntwo\r\n",
        "one\r\nno end\r",
        "caf\u00e9 \u0000 \u00ff\u0085\u00a0\n",
        "# doceph volume volume-1",
        "# doceph volume volume-1\n",
        "# doceph volume volume-1\r\n/dev/rbd/volumes/volume-1 /mnt/volume-1 xfs defaults 0 0\r\n",
        "# doceph volume volume-10\n/dev/rbd/volumes/volume-10 /mnt/volume-10 xfs defaults 0 0",
        "# doceph volume volume-1\n\n/dev/rbd/volumes/volume-1 /x xfs defaults 0 0\n",
        "#doceph volume volume-1\n/dev/rbd/volumes/volume-1 /x xfs defaults 0 0\n",
        "/dev/rbd/volumes/volume-1 /x xfs defaults 0 0\n",
        "\n\n\n\t",
      })
  void allElseIsKeptByteForByte(String before) throws Exception {
    write(fstab, before);

    tables.put(entry("volume-1"));

    assertThat(text(fstab)).contains(MOUNT_1);
    assertThat(text(fstab).replace(MOUNT_1, "")).isEqualTo(before);
    tables.put(entry("volume-1"));
    assertThat(text(fstab).replace(MOUNT_1, "")).isEqualTo(before);
    remove("volume-1");
    assertThat(text(fstab)).isEqualTo(before);
  }

  @Test
  void aLastLineWithoutItsEndStaysTheLastOne() throws Exception {
    write(rbdmap, "a/b id=x,keyring=/k\n# doceph volume y\nvolumes/y id=y,keyring=/k");

    tables.put(entry("volume-1"));

    assertThat(text(rbdmap))
        .isEqualTo(
            "a/b id=x,keyring=/k\n" + MAP_1 + "# doceph volume y\nvolumes/y id=y,keyring=/k");
  }

  @Test
  void ourEntryThatLostItsEndGetsItBack() throws Exception {
    write(rbdmap, MAP_1.stripTrailing());

    tables.put(entry("volume-1"));

    assertThat(text(rbdmap)).isEqualTo(MAP_1);
  }

  @Test
  void aMarkerBeforeAForeignLineIsForeignToo() throws Exception {
    String edited =
        """
        # doceph volume volume-1
        /dev/rbd/volumes/volume-10 /mnt/volume-1 xfs ro 0 0
        # doceph volume volume-1
        # doceph volume volume-2
        """;
    write(fstab, edited);

    remove("volume-1");
    assertThat(text(fstab)).isEqualTo(edited);
    tables.put(entry("volume-1"));

    assertThat(text(fstab)).isEqualTo(edited + MOUNT_1);
  }

  @Test
  void entriesThatSomebodyDoubledBecomeOne() throws Exception {
    write(fstab, "one\n" + MOUNT_1 + "two\n" + MOUNT_1 + "three\n");

    tables.put(entry("volume-1"));

    assertThat(text(fstab)).isEqualTo("one\n" + MOUNT_1 + "two\nthree\n");
  }

  @Test
  void randomFilesAreKeptByteForByte() throws Exception {
    long seed = Long.getLong("doceph.test.seed", System.nanoTime());
    System.out.println("HostTablesTest: -Ddoceph.test.seed=" + seed);
    Random random = new Random(seed);
    List<String> pieces =
        List.of(
            "\n", "\r\n", "# doceph volume ", "volume-1", "volume-10", "/dev/rbd/volumes/", " ");
    for (int round = 0; round < 50; round++) {
      StringBuilder before = new StringBuilder();
      while (random.nextInt(40) != 0) {
        before.append(
            random.nextBoolean()
                ? pieces.get(random.nextInt(pieces.size()))
                : String.valueOf((char) random.nextInt(256)));
      }
      String text = before.toString();
      write(rbdmap, text);
      write(fstab, text);

      tables.put(entry("vol"));
      assertThat(text(rbdmap).length()).as("seed %d", seed).isGreaterThan(text.length());
      remove("vol");

      assertThat(text(rbdmap)).as("seed %d", seed).isEqualTo(text);
      assertThat(text(fstab)).as("seed %d", seed).isEqualTo(text);
    }
  }

  @Test
  void blanksInAMountpointAreEscaped() throws Exception {
    tables.put(entry("v", "docker", Path.of("/mnt/my \tdäta\\x")));

    assertThat(Files.readString(fstab))
        .endsWith("\n/dev/rbd/volumes/v /mnt/my\\040\\011däta\\134x" + OPTIONS);
  }

  @Test
  void putsFromSeveralThreadsAndPathsKeepAllEntries() throws Exception {
    write(fstab, "/dev/sda1 / ext4 defaults 0 1\n");
    Path link = Files.createSymbolicLink(fstab.resolveSibling("link"), fstab.getFileName());
    List<HostTables> daemons = List.of(tables, new HostTables(rbdmap, link));
    List<Callable<Void>> puts = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      HostTables daemon = daemons.get(i % 2);
      HostTables.Entry entry = entry("volume-" + i);
      puts.add(
          () -> {
            daemon.put(entry);
            return null;
          });
    }

    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (Future<Void> put : threads.invokeAll(puts)) {
        put.get();
      }
    }

    assertThat(Files.readAllLines(rbdmap)).hasSize(80).doesNotHaveDuplicates();
    assertThat(Files.readAllLines(fstab)).hasSize(81).doesNotHaveDuplicates();
    assertThat(link).isSymbolicLink();
  }
}
