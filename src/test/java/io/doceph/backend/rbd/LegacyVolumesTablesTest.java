package io.doceph.backend.rbd;

import static org.assertj.core.api.Assertions.assertThat;

import io.doceph.backend.rbd.LegacyVolumes.Defaults;
import io.doceph.backend.rbd.LegacyVolumes.Found;
import io.doceph.backend.rbd.LegacyVolumes.Skipped;
import io.doceph.volume.VolumeName;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LegacyVolumesTablesTest {
  private static final Path LOCAL = Path.of("/var/lib/original");
  private static final String KEY = "AQDvbBVmAAAAABAA0123456789abcdefghijkl==";

  private final Path folder;
  private final Path rbdmap;
  private final Path fstab;

  LegacyVolumesTablesTest(@TempDir Path dir) throws Exception {
    folder = Files.createDirectory(dir.resolve("metadata"));
    rbdmap = dir.resolve("rbdmap");
    fstab = dir.resolve("fstab");
  }

  private Found read() {
    return read(null);
  }

  private Found read(@Nullable Path localDir) {
    Defaults defaults = new Defaults("volumes", "docker", localDir);
    return new LegacyVolumes(folder, rbdmap, fstab, defaults).read();
  }

  private void metadata(String file, String json) throws Exception {
    Files.writeString(folder.resolve(file), json);
  }

  private static LegacyVolume only(Found found) {
    assertThat(found.skipped()).isEmpty();
    return found.volumes().getFirst();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "volumes/db id=cinder,keyring=/k\n",
        "volumes/db\tid=cinder, keyring=/k\r\n",
        "  volumes/db user=cinder",
        "volumes/db name=client.cinder,keyring=/k",
      })
  void bothTablesTogetherTellAVolume(String line) throws Exception {
    Files.writeString(rbdmap, line);
    Files.writeString(
        fstab, "/dev/sda1 / ext4 defaults 0 1\n/dev/rbd0\t/var/lib/original/db\txfs defaults 0 0");

    LegacyVolume volume = only(read(LOCAL));

    assertThat(volume.pool()).isEqualTo("volumes");
    assertThat(volume.user()).isEqualTo("cinder");
    assertThat(volume.filesystem()).isEqualTo("xfs");
    assertThat(volume.mountpoint()).isEqualTo(LOCAL.resolve("db"));
    assertThat(volume.notes())
        .containsExactly("only %s and %s tell of it".formatted(rbdmap, fstab));
  }

  @ParameterizedTest
  @ValueSource(strings = {"id=cinder,secret=", "id=cinder, key=", "secret=", "id=", "id=cinder "})
  void keysAreNeverRepeated(String parameters) throws Exception {
    Files.writeString(
        rbdmap,
        "volumes/db %s%s\n%s\nx/%s\nkey=%s id=x\nvolumes/lone %s%s\n"
            .formatted(parameters, KEY, KEY, KEY, KEY, parameters, KEY));
    Files.writeString(fstab, "/dev/rbd/volumes/db /var/lib/original/db xfs defaults 0 0\n");

    Found found = read();

    assertThat(found.volumes()).hasSize(1);
    assertThat(found.toString()).doesNotContain(KEY).doesNotContain("AQDv");
    assertThat(found.volumes().getFirst().notes().toString().contains("key in plain text"))
        .isEqualTo(parameters.contains("key=") || parameters.contains("secret="));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "volumes/db id=x | /dev/rbd0 /l/db-2 xfs defaults 0 0 | mounts it on a directory",
        "volumes/db id=x | /dev/rbd/other/db /l/db xfs defaults 0 0 | mounts it on a directory",
        "rbd/home id=x | /dev/rbd/rbd/home /home xfs defaults 0 0 | outside of the original's",
        "volumes/db id=x | /dev/rbd0 /elsewhere/db xfs defaults 0 0 | outside of the original's",
        "volumes/_db id=x | /dev/rbd0 /var/lib/original/_db xfs defaults 0 0 | no name of a volume",
        "volumes/ns/db id=x | /dev/rbd0 /var/lib/original/db xfs defaults 0 0 | no line of",
        "volumes/db@s id=x | /dev/rbd0 /var/lib/original/db xfs defaults 0 0 | no line of",
      })
  void whatDoesNotFitTogetherIsSkipped(String map, String mount, String why) throws Exception {
    Files.writeString(rbdmap, map + "\n");
    Files.writeString(fstab, mount + "\n");

    Found found = read(LOCAL);

    assertThat(found.volumes()).isEmpty();
    assertThat(found.skipped())
        .extracting(Skipped::why)
        .anySatisfy(w -> assertThat(w).contains(why));
  }

  @Test
  void aChoiceIsLeftToAPerson() throws Exception {
    metadata("both", "{\"Name\":\"both\"}");
    metadata("one", "{\"Name\":\"one\",\"pool\":\"a\"}");
    Files.writeString(
        rbdmap,
        "a/both id=x\nb/both id=x\nb/one id=x\na/twice id=x\nb/twice id=x\nc/places id=x\n");
    Files.writeString(
        fstab,
        """
        /dev/rbd0 /l/twice xfs defaults 0 0
        /dev/rbd1 /l/places xfs defaults 0 0
        /dev/rbd2 /m/places xfs defaults 0 0
        """);

    Found found = read();

    assertThat(found.volumes()).extracting(v -> v.name().value()).containsExactly("one");
    assertThat(found.skipped().toString())
        .contains("maps images of its name from several")
        .contains("the volume of its image's name is in another pool")
        .contains("images of its name are mapped from several pools")
        .contains("several lines of " + fstab + " mount a device on a directory of its name");
  }

  @Test
  void linesThatDocephMadeAreNotTheOriginals() throws Exception {
    HostTables tables = new HostTables(rbdmap, fstab);
    tables.put(
        new HostTables.Entry(
            new VolumeName("db"),
            "volumes",
            "",
            "db",
            "docker",
            Path.of("/k"),
            "xfs",
            LOCAL.resolve("db")));

    assertThat(read()).isEqualTo(new Found(List.of(), List.of()));
  }

  @Test
  void mountpointsAreReadAsFstabWritesThem() throws Exception {
    Files.writeString(rbdmap, "volumes/db id=x\n");
    Files.write(
        fstab, "/dev/rbd0 /my\\040dätä/db xfs defaults 0 0\n".getBytes(StandardCharsets.UTF_8));

    assertThat(only(read()).mountpoint()).isEqualTo(Path.of("/my dätä/db"));
  }
}
