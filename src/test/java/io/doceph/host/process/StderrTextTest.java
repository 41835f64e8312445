package io.doceph.host.process;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StderrTextTest {

  private static String letters(int count) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append((char) ('a' + i % 26));
    }
    return text.toString();
  }

  /** The same whatever the pieces in which it comes. */
  private static String kept(String text, int seed) {
    Random random = new Random(seed);
    StderrText kept = new StderrText();
    byte[] bytes = text.getBytes(US_ASCII);
    for (int at = 0; at < bytes.length; ) {
      int count = Math.min(bytes.length - at, 1 + random.nextInt(9000));
      byte[] piece = new byte[count + 3];
      System.arraycopy(bytes, at, piece, 0, count);
      kept.add(piece, count);
      at += count;
    }
    return kept.text(List.of());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4095, 4096, 4097, 8191, 8192})
  void whatFitsIsKeptWhole(int length) {
    for (int seed = 0; seed < 20; seed++) {
      assertThat(kept(letters(length), seed)).as("seed %d", seed).isEqualTo(letters(length));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {8193, 12_288, 50_001})
  void ofMoreTheHeadAndTheTailAreKept(int length) {
    String all = letters(length);
    String expected =
        all.substring(0, 4096)
            + "… (%d bytes skipped) …".formatted(length - 8192)
            + all.substring(length - 4096);

    for (int seed = 0; seed < 20; seed++) {
      assertThat(kept(all, seed)).as("seed %d", seed).isEqualTo(expected);
    }
  }

  @Test
  void secretsAreHiddenButNotTheShortOnes() {
    StderrText text = new StderrText();
    byte[] bytes = "key AQBx, id 1".getBytes(US_ASCII);
    text.add(bytes, bytes.length);

    assertThat(text.text(List.of("AQBx", "1"))).isEqualTo("key ***, id 1");
  }

  @Test
  void aMessageIsOneLineOfBoundedLength() {
    assertThat(StderrText.oneLine("\n a\r\n  b\n\nc\u0007 \n")).isEqualTo("a; b; c?");
    assertThat(StderrText.oneLine(letters(5000)))
        .startsWith("abc")
        .contains("… (4200 characters skipped) …")
        .hasSizeLessThan(850);
  }
}
