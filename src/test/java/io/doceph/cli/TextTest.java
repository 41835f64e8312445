package io.doceph.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0 B",
    "1023, 1023 B",
    "1024, 1 KiB",
    "1536, 1.5 KiB",
    "1048575, 1023.9 KiB",
    "10737418240, 10 GiB",
    "10737418239, 9.9 GiB",
    "9223372036854775807, 7.9 EiB"
  })
  void sizesAreInBinaryUnitsAndNeverMoreThanThereIs(long bytes, String text) {
    assertThat(HumanSize.of(bytes)).isEqualTo(text);
  }

  @Test
  void textFromElsewhereStaysOnItsLine() {
    assertThat(Printable.of(" a\r\nb\tc\u001b[31m\u202e\u0000ä ")).isEqualTo("a  b c?[31m??ä");
  }
}
