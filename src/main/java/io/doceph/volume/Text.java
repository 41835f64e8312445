package io.doceph.volume;

import java.time.Duration;

/** Values as messages show them. */
final class Text {
  private static final int LONGEST = 140;

  private Text() {}

  /** A value from outside: shortened, without control characters. */
  static String shown(String value) {
    String clean = value.replaceAll("\\p{Cntrl}", "?");
    return clean.length() <= LONGEST ? clean : clean.substring(0, LONGEST) + "…";
  }

  /** A duration to a tenth of a second: {@code 12.3 s}. */
  static String seconds(Duration d) {
    return Math.round(d.toMillis() / 100.0) / 10.0 + " s";
  }
}
