package io.doceph.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Values with units and what is said about wrong ones. */
class ValueTypesTest {

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "1, 1073741824",
    "1.5, 1610612736",
    "1b, 1",
    "1k, 1024",
    "1K, 1024",
    "1Ki, 1024",
    "1KiB, 1024",
    "1kB, 1000",
    "512M, 536870912",
    "512mib, 536870912",
    "512MB, 512000000",
    "10G, 10737418240",
    "10 GiB, 10737418240",
    "10GB, 10000000000",
    "2T, 2199023255552",
    "2TB, 2000000000000",
    "1P, 1125899906842624",
    "0.5PB, 500000000000000",
    "' 3 ', 3221225472",
    "8191P, 9222246136947933184",
  })
  void aSize(String text, long bytes) {
    assertThat(ByteSize.parse(text, ByteSize.GIB).bytes()).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "x", "-1", "1,5", "1.", ".5", "1e3", "10X", "10GiBs", "G", "1 0", "٣"})
  void noSize(String text) {
    assertThatThrownBy(() -> ByteSize.parse(text, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "'"
                + text
                + "' is not a size; give a number with a unit, such as 512MiB, 10GiB or 1TiB");
  }

  @Test
  void aSizeHasItsBounds() {
    assertThatThrownBy(() -> ByteSize.parse("8192P", 1))
        .hasMessage("the size '8192P' is too large");
    assertThatThrownBy(() -> new ByteSize(-1)).hasMessage("a size cannot be negative: -1");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0B",
    "1, 1B",
    "1000, 1000B",
    "1024, 1KiB",
    "1536, 1536B",
    "1572864, 1536KiB",
    "1073741824, 1GiB",
    "1610612736, 1536MiB",
    "1099511627776, 1TiB",
    "1125899906842624, 1PiB",
  })
  void theShortestExactTextOfASize(long bytes, String text) {
    assertThat(new ByteSize(bytes)).hasToString(text);
    assertThat(ByteSize.parse(text, 1)).isEqualTo(new ByteSize(bytes));
  }

  @Test
  void sizesCompareByTheirBytes() {
    assertThat(new ByteSize(2))
        .isGreaterThan(new ByteSize(1))
        .isEqualByComparingTo(new ByteSize(2));
  }

  @ParameterizedTest
  @CsvSource({
    "500ms, PT0.5S",
    "30s, PT30S",
    "30 s, PT30S",
    "5m, PT5M",
    "2h, PT2H",
    "7d, PT168H",
    "' 1s ', PT1S",
  })
  void aPeriod(String text, Duration duration) {
    assertThat(Period.parse(text).duration()).isEqualTo(duration);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "30", "s", "-1s", "1.5s", "1S", "1min", "1s1s", "PT30S", "9999999999s"})
  void noPeriod(String text) {
    assertThatThrownBy(() -> Period.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "'"
                + text
                + "' is not a length of time; give a number with a unit, such as 500ms, 30s, 5m, 2h or 7d");
  }

  @Test
  void aPeriodIsMoreThanZero() {
    assertThatThrownBy(() -> Period.parse("0s"))
        .hasMessage("a length of time must be more than zero");
    assertThatThrownBy(() -> new Period(Duration.ofSeconds(-1)))
        .hasMessage("a length of time must be more than zero");
  }

  @ParameterizedTest
  @CsvSource({
    "0600, 0600, rw-------",
    "600, 0600, rw-------",
    "0660, 0660, rw-rw----",
    "0751, 0751, rwxr-x--x",
    "000, 0000, ---------",
    "' 777 ', 0777, rwxrwxrwx",
  })
  void aMode(String text, String shown, String permissions) {
    FileMode mode = FileMode.parse(text);

    assertThat(mode).hasToString(shown);
    assertThat(PosixFilePermissions.toString(mode.permissions())).isEqualTo(permissions);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "6", "60", "0o600", "1777", "00600", "888", "rw-------", "u+x", "-600"})
  void noMode(String text) {
    assertThatThrownBy(() -> FileMode.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("'" + text + "' is not a mode; give three octal digits, such as 0750");
  }

  @Test
  void aModeHasItsBounds() {
    assertThatThrownBy(() -> new FileMode(01000)).hasMessage("a mode is between 0000 and 0777");
    assertThatThrownBy(() -> new FileMode(-1)).hasMessage("a mode is between 0000 and 0777");
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1:9999, 127.0.0.1, 9999",
    "[::1]:9999, ::1, 9999",
    "localhost:1, localhost, 1",
    "' 0.0.0.0:65535 ', 0.0.0.0, 65535",
  })
  void anAddress(String text, String host, int port) {
    HostPort address = HostPort.parse(text);

    assertThat(address).isEqualTo(new HostPort(host, port)).hasToString(text.strip());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "9999",
        ":9999",
        "localhost",
        "localhost:",
        "localhost:x",
        "::1:9999",
        "[]:1",
        "a:b:1",
        "h:123456"
      })
  void noAddress(String text) {
    assertThatThrownBy(() -> HostPort.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("'" + text + "' is not HOST:PORT, such as 127.0.0.1:9999 or [::1]:9999");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 65536, 99999})
  void aPortHasItsBounds(int port) {
    assertThatThrownBy(() -> HostPort.parse("localhost:" + port))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("port " + port + " is not between 1 and 65535");
  }

  @Test
  void aPathIsAbsoluteAndNormalised() {
    assertThat(new AbsolutePath(Path.of("/var//lib/../lib/doceph/")))
        .hasToString("/var/lib/doceph");
    assertThatThrownBy(() -> new AbsolutePath(Path.of("doceph.sock")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("'doceph.sock' is not an absolute path; it must begin with /");
  }
}
