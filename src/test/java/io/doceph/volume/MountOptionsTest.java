package io.doceph.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.doceph.host.Filesystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MountOptionsTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "XFS | noatime,nodiratime,lazytime,inode64",
        "XFS | allocsize=64m,logbsize=256k,prjquota",
        "EXT4 | ro,nosuid,nodev,noexec,discard",
        "EXT4 | data=ordered,commit=30,errors=remount-ro",
        "EXT4 | errors=continue",
        "BTRFS | compress=zstd:3,space_cache=v2,autodefrag",
      })
  void allowed(Filesystem filesystem, String text) {
    assertThat(MountOptions.parse(text, filesystem)).containsExactly(text.split(",", -1));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // weakens the host
        "EXT4 | dev",
        "EXT4 | suid",
        "EXT4 | exec",
        "EXT4 | user",
        "EXT4 | remount",
        "EXT4 | bind",
        "EXT4 | loop",
        "EXT4 | defaults",
        "EXT4 | errors=panic",
        "EXT4 | x-systemd.automount",
        "EXT4 | context=system_u:object_r:x:s0",
        // another device
        "XFS | logdev=/dev/sda",
        "XFS | rtdev=/dev/sda",
        "EXT4 | journal_path=/dev/sda",
        "EXT4 | journal_dev=8",
        "BTRFS | device=/dev/sda",
        "BTRFS | subvol=/",
        // recovery that was not asked for
        "XFS | norecovery",
        "EXT4 | noload",
        "EXT4 | nobarrier",
        // values out of place
        "XFS | noatime=1",
        "XFS | allocsize",
        "XFS | allocsize=",
        "XFS | allocsize=64 m",
        "XFS | allocsize=/x",
        "XFS | commit=5",
        "EXT4 | NOATIME",
      })
  void refused(Filesystem filesystem, String option) {
    assertThatThrownBy(() -> MountOptions.parse("noatime," + option, filesystem))
        .isInstanceOf(VolumeError.class)
        .hasMessageStartingWith(
            "the mount option '"
                + option
                + "' is not allowed for "
                + filesystem.wireName()
                + "; allowed: ");
  }

  @Test
  void theRefusalNamesTheAllowedOnes() {
    assertThatThrownBy(() -> MountOptions.parse("dev", Filesystem.BTRFS))
        .hasMessage(
            "the mount option 'dev' is not allowed for btrfs; allowed: acl autodefrag commit= compress compress-force compress-force= compress= datacow datasum dirsync discard flushoncommit lazytime max_inline= noacl noatime noautodefrag nodatacow nodatasum nodev nodiratime nodiscard noexec noflushoncommit nossd nosuid relatime ro space_cache= ssd strictatime sync thread_pool=");
  }

  @Test
  void emptyPartsAreNothing() {
    assertThat(MountOptions.parse(" , noatime ,,", Filesystem.XFS)).containsExactly("noatime");
    assertThat(MountOptions.parse("", Filesystem.XFS)).isEmpty();
  }
}
