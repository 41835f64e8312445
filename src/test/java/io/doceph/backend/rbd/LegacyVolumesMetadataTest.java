package io.doceph.backend.rbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.doceph.backend.rbd.LegacyVolumes.Defaults;
import io.doceph.backend.rbd.LegacyVolumes.Found;
import io.doceph.backend.rbd.LegacyVolumes.Skipped;
import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeName;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LegacyVolumesMetadataTest {
  private static final Path LOCAL = Path.of("/var/lib/original");

  private final Path folder;
  private final Path rbdmap;
  private final Path fstab;

  LegacyVolumesMetadataTest(@TempDir Path dir) throws Exception {
    folder = Files.createDirectory(dir.resolve("metadata"));
    rbdmap = dir.resolve("rbdmap");
    fstab = dir.resolve("fstab");
  }

  private Found read() {
    Defaults defaults = new Defaults("volumes", "docker", null);
    return new LegacyVolumes(folder, rbdmap, fstab, defaults).read();
  }

  private void metadata(String file, String json) throws Exception {
    Files.writeString(folder.resolve(file), json);
  }

  private static LegacyVolume only(Found found) {
    assertThat(found.skipped()).isEmpty();
    return found.volumes().getFirst();
  }

  @Test
  void nothingIsNothing() throws Exception {
    Files.delete(folder);

    assertThat(read()).isEqualTo(new Found(List.of(), List.of()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "db | {\"Name\":\"db\",\"Opts\":{\"pool\":\"p\",\"fs\":\"xfs\",\"size\":2,\"auth_user\":\"cinder\"},\"Mountpoint\":\"/l/db\"}",
        "db.json | {\"Name\":\"db\",\"Opts\":{\"pool\":\"p\",\"fs\":\"xfs\",\"size\":\"2\",\"auth_user\":\"cinder\"},\"Mountpoint\":\"/l/db/\"}",
        "db | {\"pool\":\"p\",\"fs\":\"xfs\",\"size\":\"2GB\",\"auth_user\":\"cinder\",\"Mountpoint\":\"/l/db\"}",
        "db.json | {\"name\":\"db\",\"pool\":\"p\",\"fs\":\"xfs\",\"size\":2.0,\"auth_user\":\"cinder\",\"mountpoint\":\"/l/./db\"}",
        "db.json | {\"Volume\":{\"Opts\":{\"pool\":\"p\",\"fs\":\"xfs\",\"size\":2,\"auth_user\":\"cinder\"},\"Mountpoint\":\"/l/db\"},\"Err\":\"\"}",
      })
  void aMetadataFileIsAVolume(String file, String json) throws Exception {
    metadata(file, json);

    assertThat(only(read()))
        .isEqualTo(
            new LegacyVolume(
                new VolumeName("db"), "p", "cinder", 2, "xfs", Path.of("/l/db"), List.of()));
  }

  @Test
  void whatIsNotWrittenDownIsConfiguredOrUnknown() throws Exception {
    metadata("db", "{\"Name\":\"db\",\"Opts\":null,\"Mountpoint\":\"\"}");

    LegacyVolume volume = only(read());

    assertThat(volume.pool()).isEqualTo("volumes");
    assertThat(volume.user()).isEqualTo("docker");
    assertThat(volume.sizeGiB()).isZero();
    assertThat(volume.filesystem()).isNull();
    assertThat(volume.mountpoint()).isNull();
    assertThat(volume.notes())
        .containsExactly(
            "nothing names its pool; volumes is what doceph is configured with",
            "nothing names its user; docker is what doceph is configured with");
  }

  @Test
  void valuesThatCannotBeUsedAreNoted() throws Exception {
    metadata(
        "other",
        """
        {"Name": "db", "pool": "a/b", "size": "much", "auth_user": "x y", "Mountpoint": "rel"}
        """);

    LegacyVolume volume = only(read());

    assertThat(volume.name().value()).isEqualTo("db");
    assertThat(String.join("\n", volume.notes()))
        .contains("is called other", "its pool in the metadata cannot be used", "size")
        .contains("auth_user", "no absolute path")
        .doesNotContain("a/b", "much");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "x | {} | it does not have the form",
        "x | [1] | it does not have the form",
        "x | 7 | it does not have the form",
        "x | {\"a\": \"secret-value\" | it is no JSON from line 1 on",
        "x | secret-value | it is no JSON",
        "x | {\"size\":1} secret-value | it is no JSON",
        "x | {\"Name\":\"../secret-value\"} | is no name of a volume",
        "-x | {\"size\":1} | is no name of a volume",
        "x | `` | it does not have the form",
      })
  void whatIsNoDescriptionIsSkipped(String file, String json, String why) throws Exception {
    metadata(file, json);

    Found found = read();

    assertThat(found.volumes()).isEmpty();
    assertThat(found.skipped()).singleElement().asString().contains(why, "/metadata/" + file);
    assertThat(found.toString()).doesNotContain("secret-value");
  }

  @Test
  void aFolderInTheFolderAndASecondFileAreSkipped() throws Exception {
    Files.createDirectory(folder.resolve("sub"));
    metadata("db", "{\"size\":1}");
    metadata("db.json", "{\"size\":2}");

    Found found = read();

    assertThat(found.volumes()).extracting(LegacyVolume::sizeGiB).containsExactly(1L);
    assertThat(found.skipped())
        .extracting(Skipped::why)
        .containsExactly("its volume is described by db already", "it is no regular file");
  }

  @Test
  void aMetadataFolderThatIsAFileIsSaid() throws Exception {
    Files.delete(folder);
    Files.writeString(folder, "");

    assertThatThrownBy(this::read)
        .isInstanceOf(VolumeError.class)
        .hasMessageContaining("cannot read the metadata folder");
  }

  @Test
  void theTablesAddWhatTheMetadataDoesNotSay() throws Exception {
    metadata("db", "{\"Name\":\"db\"}");
    Files.writeString(rbdmap, "# images\nother/db-2 id=x\nother/db id=cinder, keyring=/k\n");
    Files.writeString(fstab, "/dev/rbd0 /var/lib/original/db ext4 defaults,_netdev 0 0\n");

    Found found = read();

    assertThat(found.volumes())
        .containsExactly(
            new LegacyVolume(
                new VolumeName("db"),
                "other",
                "cinder",
                0,
                "ext4",
                LOCAL.resolve("db"),
                List.of("its pool is the one that " + rbdmap + " names")));
    assertThat(found.skipped())
        .containsExactly(
            new Skipped(
                "line 2 of " + rbdmap,
                "no line of " + fstab + " mounts it on a directory of its name"));
  }
}
