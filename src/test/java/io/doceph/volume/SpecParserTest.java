package io.doceph.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.doceph.config.ByteSize;
import io.doceph.host.Filesystem;
import io.doceph.host.process.Deadline;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpecParserTest {
  private static final VolumeName NAME = new VolumeName("db");
  private static final String NO_SIZE =
      "give a number of GiB or a number with a unit, such as 10, 512M or 1.5T";

  private final SpecParser parser =
      new SpecParser(
          Map.of(
              "disk",
              new Shape("disk", true),
              "memory",
              new MemoryBackend("memory", new MemoryBackend.Place(Path.of("/nowhere")))),
          "disk",
          new ByteSize(5 * ByteSize.GIB),
          Filesystem.XFS);

  private VolumeSpec parse(String options) {
    return parser.parse(NAME, House.json(options));
  }

  @Test
  void withoutOptionsTheDefaultsApply() {
    VolumeSpec spec = parser.parse(NAME, null);

    assertThat(spec)
        .usingRecursiveComparison()
        .ignoringFields("options")
        .isEqualTo(
            new VolumeSpec(
                NAME,
                "disk",
                new ByteSize(5 * ByteSize.GIB),
                Filesystem.XFS,
                List.of(),
                List.of(),
                VolumeSpec.Root.UNCHANGED,
                null,
                House.json("{}")));
    assertThat(spec.options()).hasToString("{\"size\":5,\"fs\":\"xfs\"}");
  }

  @Test
  void everyOptionIsRead() {
    VolumeSpec spec =
        parse(
            "{'backend': 'disk', 'size': '1.5T', 'fs': 'ext4', 'mkfs': ' -m 0  -E nodiscard ',"
                + " 'mount': 'noatime, commit=30,', 'mode': '0750', 'uid': 999, 'gid': '998',"
                + " 'context': 'system_u:object_r:container_file_t:s0:c1,c2'}");

    assertThat(spec.size()).isEqualTo(new ByteSize(3L << 39));
    assertThat(spec.filesystem()).isEqualTo(Filesystem.EXT4);
    assertThat(spec.mkfs()).containsExactly("-m", "0", "-E", "nodiscard");
    assertThat(spec.mountOptions()).containsExactly("noatime", "commit=30");
    assertThat(spec.root().mode()).hasToString("0750");
    assertThat(spec.root().uid()).isEqualTo(999);
    assertThat(spec.root().gid()).isEqualTo(998);
    assertThat(spec.context()).isEqualTo("system_u:object_r:container_file_t:s0:c1,c2");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "10 | 10GiB",
        "'10' | 10GiB",
        "' 10 ' | 10GiB",
        "1.5 | 1536MiB",
        "'512M' | 512MiB",
        "'512MiB' | 512MiB",
        "'1g' | 1GiB",
        "'2 TiB' | 2TiB",
        "'500MB' | 500000000B",
        "null | 5GiB",
      })
  void aSizeMayBeTextOrNumber(String value, String size) {
    assertThat(parse("{'size': " + value + "}").size()).hasToString(size);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{'size': ''} | '' is not a size; " + NO_SIZE,
        "{'size': 'big'} | 'big' is not a size; " + NO_SIZE,
        "{'size': '-1'} | '-1' is not a size; " + NO_SIZE,
        "{'size': '10X'} | '10X' is not a size; " + NO_SIZE,
        "{'size': '1e3'} | '1e3' is not a size; " + NO_SIZE,
        "{'size': '1\\n0'} | '1?0' is not a size; " + NO_SIZE,
        "{'size': true} | 'true' is not a size; " + NO_SIZE,
        "{'size': 0} | a volume's size must be more than zero",
        "{'size': '0.0000000001'} | a volume's size must be more than zero",
        "{'size': [10]} | the option 'size' must be a text or a number, not a list or an object",
        "{'backend': {}} | the option 'backend' must be a text or a number, not a list or an object",
        "{'size': '299M'} | a volume with xfs needs at least 300MiB, and 299MiB was asked for; give a larger size or another fs",
        "{'size': '3M', 'fs': 'ext4'} | a volume with ext4 needs at least 4MiB, and 3MiB was asked for; give a larger size or another fs",
        "{'fs': 'ntfs'} | 'ntfs' is not a filesystem that doceph makes: xfs, ext4 or btrfs",
        "{'fs': 'XFS'} | 'XFS' is not a filesystem that doceph makes: xfs, ext4 or btrfs",
        "{'backend': 'tape'} | there is no backend 'tape' here; enabled: disk, memory",
        "{'sise': 1} | the option 'sise' is not known to the backend disk; known: backend, context, fs, gid, mkfs, mode, mount, protected, size, uid",
        "{'colour': 'red'} | the option 'colour' is not known to the backend disk; known: backend, context, fs, gid, mkfs, mode, mount, protected, size, uid",
        "{'backend': 'memory', 'fs': 'xfs'} | the option 'fs' is not known to the backend memory; known: backend, colour, gid, mode, protected, size, uid",
        "{'backend': 'memory', 'colour': 'invisible'} | no volume is invisible",
        "{'mode': '999'} | mode: '999' is not a mode; give three octal digits, such as 0750",
        "{'mode': 'rwx'} | mode: 'rwx' is not a mode; give three octal digits, such as 0750",
        "{'uid': 'root'} | uid must be a number such as 999, and 'root' is none",
        "{'gid': -1} | gid must be a number such as 999, and '-1' is none",
        "{'uid': '1.0'} | uid must be a number such as 999, and '1.0' is none",
        "{'context': 'a b'} | 'a b' is not an SELinux context, such as system_u:object_r:container_file_t:s0",
        "{'context': 'x\\\",dev'} | 'x\",dev' is not an SELinux context, such as system_u:object_r:container_file_t:s0",
      })
  void whatIsWrongIsSaid(String options, String sentence) {
    assertThatThrownBy(() -> parse(options))
        .isInstanceOfSatisfying(
            VolumeError.class, e -> assertThat(e.code()).isEqualTo(VolumeError.Code.INVALID))
        .hasMessage(sentence);
  }

  @Test
  void aDirectoryKeepsItsSizeAsItWasGivenAndHasNoFilesystem() {
    VolumeSpec spec = parse("{'backend': 'memory', 'size': '7G', 'colour': 'red'}");

    assertThat(spec.size()).hasToString("7GiB");
    assertThat(spec.filesystem()).isNull();
    assertThat(spec.options())
        .isEqualTo(House.json("{'backend': 'memory', 'size': '7G', 'colour': 'red'}"));
  }

  @Test
  void theOptionsOfTheCallerAreNotChanged() {
    var options = House.json("{'mode': '0700'}");

    VolumeSpec spec = parser.parse(NAME, options);

    assertThat(options).isEqualTo(House.json("{'mode': '0700'}"));
    assertThat(spec.options()).hasToString("{\"mode\":\"0700\",\"size\":5,\"fs\":\"xfs\"}");
  }

  /** A backend of which only the shape matters. */
  private record Shape(String name, boolean isBlock) implements VolumeBackend {
    @Override
    public boolean isShared() {
      return false;
    }

    @Override
    public Set<String> ownOptions() {
      return Set.of();
    }

    @Override
    public void check(VolumeSpec spec) {
      assertThat(spec.backend()).isEqualTo(name);
    }

    @Override
    public List<Found> list(Deadline deadline) {
      return List.of();
    }

    @Override
    public Optional<Found> find(VolumeName volume, Deadline deadline) {
      return Optional.empty();
    }

    @Override
    public boolean reserve(Volume volume, Deadline deadline) {
      return false;
    }

    @Override
    public void describe(Volume volume, Deadline deadline) {}

    @Override
    public void createData(Volume volume, Deadline deadline) {}

    @Override
    public void removeData(Volume volume, Deadline deadline) {}

    @Override
    public void forget(VolumeName volume, Deadline deadline) {}

    @Override
    public Attachment attach(Volume volume, Deadline deadline) {
      throw new IllegalStateException("nothing is attached here");
    }

    @Override
    public void detach(VolumeName volume, Attachment attachment, Deadline deadline) {}

    @Override
    public void growData(Volume volume, long bytes, Deadline deadline) {}

    @Override
    public Map<VolumeName, Path> attached(Deadline deadline) {
      return Map.of();
    }

    @Override
    public long freeBytes(Deadline deadline) {
      return -1;
    }
  }
}
