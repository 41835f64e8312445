package io.doceph.cli;

import java.util.Locale;

/** Sizes for people, in binary units. */
final class HumanSize {
  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

  private HumanSize() {}

  /**
   * The largest unit that leaves at least 1, with one decimal if it is not whole: {@code 10 GiB},
   * {@code 1.5 GiB}. Cut off, never rounded up.
   */
  static String of(long bytes) {
    int unit = 0;
    long scale = 1;
    while (unit < UNITS.length - 1 && bytes / scale >= 1024) {
      scale *= 1024;
      unit++;
    }
    long whole = bytes / scale;
    // Ten times a remainder below 1 EiB overflows a signed long but not an unsigned one.
    long tenths = Long.divideUnsigned(bytes % scale * 10, scale);
    return tenths == 0
        ? whole + " " + UNITS[unit]
        : String.format(Locale.ROOT, "%d.%d %s", whole, tenths, UNITS[unit]);
  }
}
