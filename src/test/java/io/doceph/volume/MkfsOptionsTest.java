package io.doceph.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.doceph.host.Filesystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MkfsOptionsTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "XFS | -m reflink=0,crc=1 -i size=512",
        "XFS | -d agcount=4,su=64k,sw=2",
        "XFS | -L filedata",
        "EXT4 | -m 0",
        "EXT4 | -E lazy_itable_init=0,lazy_journal_init=0 -O ^has_journal,metadata_csum",
        "EXT4 | -T largefile4 -L db_1.data-x",
        "BTRFS | -d single -m dup --csum xxhash",
        "BTRFS | -M -n 16k",
      })
  void allowed(Filesystem filesystem, String text) {
    assertThat(MkfsOptions.parse(text, filesystem)).containsExactly(text.split(" ", -1));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // forces, or goes over what is there
        "XFS | -f | -f",
        "EXT4 | -m 0 -F | -F",
        "BTRFS | -f | -f",
        "BTRFS | --force | --force",
        // another device or file
        "XFS | /dev/sda | /dev/sda",
        "XFS | -d /dev/sda | /dev/sda",
        "XFS | -l logdev=x | logdev=x",
        "XFS | -l size=10m,logdev=x | size=10m,logdev=x",
        "XFS | -d name=x | name=x",
        "XFS | -d file | file",
        "XFS | -d agcount=4,file=1 | agcount=4,file=1",
        "XFS | -r rtdev=x | -r",
        "XFS | -p proto | -p",
        "EXT4 | -J device=UUID | device=UUID",
        "EXT4 | -d directory | -d",
        "BTRFS | -r directory | -r",
        "BTRFS | --rootdir directory | --rootdir",
        // values out of place, and joined forms that could hide anything
        "EXT4 | -m 0 0 | 0",
        "EXT4 | 10G | 10G",
        "XFS | -dname=x | -dname=x",
        "EXT4 | -L $(id) | $(id)",
        "EXT4 | -L a;b | a;b",
        "EXT4 | -- | --",
        "BTRFS | --csum=xxhash | --csum=xxhash",
      })
  void refused(Filesystem filesystem, String text, String word) {
    assertThatThrownBy(() -> MkfsOptions.parse(text, filesystem))
        .isInstanceOf(VolumeError.class)
        .hasMessageStartingWith(
            "the mkfs argument '"
                + word
                + "' is not allowed for "
                + filesystem.wireName()
                + "; allowed are the flags ");
  }

  @Test
  void theRefusalNamesTheFlags() {
    assertThatThrownBy(() -> MkfsOptions.parse("-f", Filesystem.XFS))
        .hasMessage(
            "the mkfs argument '-f' is not allowed for xfs; allowed are the flags -L -b -d -i -l -m -n -s, each with a value that names no device or file");
  }

  @Test
  void nothingIsNothing() {
    assertThat(MkfsOptions.parse("", Filesystem.XFS)).isEmpty();
    assertThat(MkfsOptions.parse(" \t ", Filesystem.XFS)).isEmpty();
  }
}
