package io.doceph.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VolumeNameTest {
  private static final String RULE =
      " is not a volume name: use 1 to 128 of the characters A-Z a-z 0-9 _ . - and begin with a letter or a digit, as in db-data.1";

  @ParameterizedTest
  @ValueSource(strings = {"a", "0", "db-data.1", "A_b.c-D", "x..", "0123456789abcdef"})
  void allowed(String name) {
    assertThat(new VolumeName(name)).hasToString(name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        ".",
        "..",
        ".hidden",
        "-f",
        "_x",
        "a/b",
        "/etc",
        "a b",
        "a\u0000b",
        "ä",
        "a\u0661",
        "a:b",
        "a@b",
        "a\\b",
        "a'b",
        "volume "
      })
  void refused(String name) {
    assertThatThrownBy(() -> new VolumeName(name))
        .isInstanceOfSatisfying(
            VolumeError.class, e -> assertThat(e.code()).isEqualTo(VolumeError.Code.INVALID))
        .hasMessage("'" + name.replace("\u0000", "?") + "'" + RULE);
  }

  @Test
  void aNewlineAtTheEndIsNotOverlooked() {
    assertThatThrownBy(() -> new VolumeName("db\n")).hasMessage("'db?'" + RULE);
  }

  @Test
  void theLongestHas128Characters() {
    assertThat(new VolumeName("x".repeat(128)).value()).hasSize(128);
    assertThatThrownBy(() -> new VolumeName("x".repeat(129)))
        .hasMessage("'" + "x".repeat(129) + "'" + RULE);
    assertThatThrownBy(() -> new VolumeName("x".repeat(10_000)))
        .hasMessage("'" + "x".repeat(140) + "…'" + RULE);
  }
}
