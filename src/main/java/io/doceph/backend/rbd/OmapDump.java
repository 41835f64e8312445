package io.doceph.backend.rbd;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads what {@code rados listomapvals} and {@code getomapval} print, for which there is no JSON
 * form (as of Ceph 19): for each key its name, {@code value (N bytes) :}, and a hex dump of 16
 * bytes a line in which a {@code *} stands for repetitions of the line before it. Works on bytes:
 * ten thousand volumes are 20 MB of dump.
 */
final class OmapDump {
  private static final byte[] VALUE = "value (".getBytes(StandardCharsets.US_ASCII);

  /** Offset of the first hex digit in a line of a dump: eight digits of address, two blanks. */
  private static final int FIRST_HEX = 10;

  private static final int PER_LINE = 16;

  /** No value of ours comes near; half a number must not ask for all memory. */
  private static final int LARGEST = 1 << 24;

  /** The value of each hex digit by its byte; -1 for all others. A listing has millions. */
  private static final byte[] NIBBLES = new byte[256];

  static {
    for (int i = 0; i < NIBBLES.length; i++) {
      NIBBLES[i] = (byte) Character.digit(i, 16);
    }
  }

  private final byte[] text;
  private int at;

  private OmapDump(byte[] text) {
    this.text = text;
  }

  /**
   * All keys with their values, in their order.
   *
   * @throws IllegalArgumentException when the text is no such dump, or half of one
   */
  static Map<String, byte[]> all(byte[] text) {
    OmapDump dump = new OmapDump(text);
    Map<String, byte[]> values = new LinkedHashMap<>();
    while (dump.at < text.length) {
      String key = dump.line();
      if (key.isEmpty()) {
        continue;
      }
      values.put(key, dump.value());
    }
    return values;
  }

  /** The one value of a dump without a key. */
  static byte[] one(byte[] text) {
    return new OmapDump(text).value();
  }

  private byte[] value() {
    int length = length();
    byte[] value = new byte[length];
    int filled = 0;
    while (filled < length) {
      requireMore();
      if (text[at] == '*') { // how often is known from the address of the next line
        skipLine();
        int next = address();
        if (filled < PER_LINE || next <= filled || next > length) {
          throw broken();
        }
        for (int i = filled; i < next; i++) {
          value[i] = value[i - PER_LINE];
        }
        filled = next;
        continue;
      }
      int count = Math.min(length - filled, PER_LINE);
      readLine(value, filled, count);
      filled += count;
    }
    if (at < text.length && text[at] != '\n') {
      skipLine(); // the address after the last byte
    }
    return value;
  }

  /**
   * Reads the bytes of one line: this is most of the work, so it is looked at once what is wrong.
   */
  private void readLine(byte[] value, int first, int count) {
    int digit = at + FIRST_HEX;
    if (digit + 3 * PER_LINE >= text.length) { // the characters beside the digits follow always
      throw broken();
    }
    int wrong = 0;
    for (int i = 0; i < count; i++) {
      int number = NIBBLES[text[digit] & 0xff] << 4 | NIBBLES[text[digit + 1] & 0xff];
      wrong |= number;
      value[first + i] = (byte) number;
      digit += i == PER_LINE / 2 - 1 ? 4 : 3;
    }
    if (wrong < 0) {
      throw broken();
    }
    at = digit;
    skipLine();
  }

  /** Reads {@code value (N bytes) :}. */
  private int length() {
    for (byte each : VALUE) {
      requireMore();
      if (text[at++] != each) {
        throw broken();
      }
    }
    int first = at;
    int number = 0;
    while (at < text.length && Character.isDigit(text[at])) {
      number = 10 * number + text[at++] - '0';
      if (number > LARGEST) {
        throw broken();
      }
    }
    if (at == first) {
      throw broken();
    }
    skipLine();
    return number;
  }

  private int address() {
    int number = 0;
    for (int i = 0; i < FIRST_HEX - 2; i++) {
      number = number << 4 | nibble(at + i);
    }
    return number;
  }

  private int nibble(int index) {
    int digit = index < text.length ? NIBBLES[text[index] & 0xff] : -1;
    if (digit < 0) {
      throw broken();
    }
    return digit;
  }

  private String line() {
    int start = at;
    skipLine();
    return new String(text, start, at - 1 - start, StandardCharsets.UTF_8);
  }

  private void skipLine() {
    while (at < text.length && text[at] != '\n') {
      at++;
    }
    at++;
  }

  private void requireMore() {
    if (at >= text.length) {
      throw broken();
    }
  }

  private IllegalArgumentException broken() {
    return new IllegalArgumentException(
        "the listing that rados printed cannot be read at byte " + at + " of " + text.length);
  }
}
