package io.doceph.backend.rbd;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeName;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HostTablesEntryTest {
  @ParameterizedTest
  @CsvSource({
    "vol umes, v, docker, /k, /m, the pool 'vol umes'",
    "volumes, a@b, docker, /k, /m, the image 'a@b'",
    ".., v, docker, /k, /m, the pool '..'",
    "volumes, v, '$(id)', /k, /m, the user",
    "volumes, v, 'a,key=b', /k, /m, the user",
    "volumes, v, docker, /k ey, /m, the keyring's path '/k ey'",
    "volumes, v, docker, k, /m, use an absolute path",
    "volumes, v, docker, '/k#', /m, the keyring's path",
    "volumes, v, docker, /k, m, the mountpoint 'm'",
  })
  void whatTheTablesCannotHoldIsRefused(
      String pool, String image, String user, Path keyring, Path mountpoint, String said) {
    VolumeName name = new VolumeName("v");

    assertThatThrownBy(
            () -> new HostTables.Entry(name, pool, "", image, user, keyring, "xfs", mountpoint))
        .isInstanceOf(VolumeError.class)
        .hasMessageContaining(said)
        .hasMessageContaining("as in ");
  }
}
