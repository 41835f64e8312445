package io.doceph.backend.rbd;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The dumps are what rados of Ceph 16.2.15 printed. */
class OmapDumpTest {
  private static final String LISTING =
      """
      k1
      value (1 bytes) :
      00000000  61                                                |a|
      00000001

      k15
      value (15 bytes) :
      00000000  61 62 63 64 65 66 67 68  69 6a 6b 6c 6d 6e 6f     |abcdefghijklmno|
      0000000f

      k16
      value (16 bytes) :
      00000000  61 62 63 64 65 66 67 68  69 6a 6b 6c 6d 6e 6f 70  |abcdefghijklmnop|
      00000010

      k17
      value (17 bytes) :
      00000000  61 62 63 64 65 66 67 68  69 6a 6b 6c 6d 6e 6f 70  |abcdefghijklmnop|
      00000010  71                                                |q|
      00000011

      k32
      value (32 bytes) :
      00000000  61 62 63 64 65 66 67 68  69 6a 6b 6c 6d 6e 6f 70  |abcdefghijklmnop|
      00000010  71 72 73 74 75 76 77 61  62 63 64 65 66 67 68 69  |qrstuvwabcdefghi|
      00000020

      rep
      value (104 bytes) :
      00000000  78 78 78 78 78 78 78 78  78 78 78 78 78 78 78 78  |xxxxxxxxxxxxxxxx|
      *
      00000060  78 78 78 78 74 61 69 6c                           |xxxxtail|
      00000068

      reponly
      value (64 bytes) :
      00000000  79 79 79 79 79 79 79 79  79 79 79 79 79 79 79 79  |yyyyyyyyyyyyyyyy|
      *
      00000030  79 79 79 79 79 79 79 79  79 79 79 79 79 79 79 79  |yyyyyyyyyyyyyyyy|
      00000040

      volume-1/holder
      value (11 bytes) :
      00000000  7b 22 61 22 3a 22 c3 a4  5c 22 7d                 |{"a":"..\\"}|
      0000000b

      zero
      value (0 bytes) :

      """;

  private static final String ONE =
      """
      value (104 bytes) :
      00000000  78 78 78 78 78 78 78 78  78 78 78 78 78 78 78 78  |xxxxxxxxxxxxxxxx|
      *
      00000060  78 78 78 78 74 61 69 6c                           |xxxxtail|
      00000068
      """;

  private static final String REPEATED = "x".repeat(100) + "tail";

  @Test
  void allKeysOfAListingAreReadInTheirOrder() {
    Map<String, byte[]> values = OmapDump.all(LISTING.getBytes(UTF_8));

    assertThat(values.keySet())
        .containsExactly(
            "k1", "k15", "k16", "k17", "k32", "rep", "reponly", "volume-1/holder", "zero");
    assertThat(values.get("k1")).asString(UTF_8).isEqualTo("a");
    assertThat(values.get("k15")).asString(UTF_8).isEqualTo("abcdefghijklmno");
    assertThat(values.get("k16")).asString(UTF_8).isEqualTo("abcdefghijklmnop");
    assertThat(values.get("k17")).asString(UTF_8).isEqualTo("abcdefghijklmnopq");
    assertThat(values.get("k32")).asString(UTF_8).isEqualTo("abcdefghijklmnopqrstuvwabcdefghi");
    assertThat(values.get("rep")).asString(UTF_8).isEqualTo(REPEATED);
    assertThat(values.get("reponly")).asString(UTF_8).isEqualTo("y".repeat(64));
    assertThat(values.get("volume-1/holder")).asString(UTF_8).isEqualTo("{\"a\":\"ä\\\"}");
    assertThat(values.get("zero")).isEmpty();
  }

  @Test
  void oneValueHasNoKey() {
    assertThat(OmapDump.one(ONE.getBytes(UTF_8))).asString(UTF_8).isEqualTo(REPEATED);
    assertThat(OmapDump.one("value (0 bytes) :\n\n".getBytes(UTF_8))).isEmpty();
  }

  @Test
  void nothingIsNoKeys() {
    assertThat(OmapDump.all(new byte[0])).isEmpty();
  }

  /** Cut short anywhere it is refused, or its last key is missing; no value is ever another one. */
  @Test
  void ofATruncatedListingNoWrongValueIsRead() {
    byte[] whole = LISTING.getBytes(UTF_8);
    Map<String, byte[]> values = OmapDump.all(whole);
    int refused = 0;
    for (int length = 0; length < whole.length; length++) {
      byte[] part = Arrays.copyOf(whole, length);
      try {
        OmapDump.all(part)
            .forEach((key, value) -> assertThat(value).as(key).isEqualTo(values.get(key)));
      } catch (IllegalArgumentException e) {
        refused++;
        assertThat(e).hasMessageContaining("cannot be read at byte");
      }
    }
    assertThat(refused).isGreaterThan(whole.length / 2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Writing to file",
        "key\n",
        "key\nvalue (x bytes) :\n",
        "key\nvalue (99999999999 bytes) :\n00000000  61\n",
        "key\nvalue (2147483647 bytes) :\n00000000  61\n",
        "key\nvalue (17 bytes) :\n*\n00000010  61  |a|\n",
        "key\nvalue (1 bytes) :\n00000000  zz  |a|\n00000001\n",
        "key\nvalue (20 bytes) :\n00000000  61 62 63 64 65 66 67 68  69 6a 6b 6c 6d 6e 6f 70  |abcdefghijklmnop|\n*\n00000100  61\n",
        "key\nvalue (64 bytes) :\n00000000  61 62 63 64 65 66 67 68  69 6a 6b 6c 6d 6e 6f 70  |abcdefghijklmnop|\n*\n00000010\n",
      })
  void garbageIsRefused(String text) {
    assertThatThrownBy(() -> OmapDump.all(text.getBytes(UTF_8)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("cannot be read at byte");
  }
}
