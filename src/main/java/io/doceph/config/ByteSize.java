package io.doceph.config;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A size in bytes with a text form. {@code K, M, G, T, P} and {@code KiB … PiB} are powers of 1024,
 * {@code kB, MB, GB, TB, PB} powers of 1000, as {@code rbd} and {@code truncate} have it.
 *
 * @param bytes the size, zero or more
 */
public record ByteSize(long bytes) implements Comparable<ByteSize> {
  /** One GiB in bytes. */
  public static final long GIB = 1L << 30;

  private static final Pattern TEXT = Pattern.compile("([0-9]+(?:\\.[0-9]+)?)\\s*([A-Za-z]*)");
  private static final Map<String, Long> UNITS =
      Map.ofEntries(
          Map.entry("b", 1L),
          Map.entry("k", 1L << 10),
          Map.entry("ki", 1L << 10),
          Map.entry("kib", 1L << 10),
          Map.entry("m", 1L << 20),
          Map.entry("mi", 1L << 20),
          Map.entry("mib", 1L << 20),
          Map.entry("g", GIB),
          Map.entry("gi", GIB),
          Map.entry("gib", GIB),
          Map.entry("t", 1L << 40),
          Map.entry("ti", 1L << 40),
          Map.entry("tib", 1L << 40),
          Map.entry("p", 1L << 50),
          Map.entry("pi", 1L << 50),
          Map.entry("pib", 1L << 50),
          Map.entry("kb", 1_000L),
          Map.entry("mb", 1_000_000L),
          Map.entry("gb", 1_000_000_000L),
          Map.entry("tb", 1_000_000_000_000L),
          Map.entry("pb", 1_000_000_000_000_000L));

  public ByteSize {
    if (bytes < 0) {
      throw new IllegalArgumentException("a size cannot be negative: " + bytes);
    }
  }

  /**
   * Reads a size; a bare number is taken in {@code bareUnit} bytes.
   *
   * @throws IllegalArgumentException with one sentence that says what is allowed
   */
  public static ByteSize parse(String text, long bareUnit) {
    Matcher m = TEXT.matcher(text.strip());
    if (!m.matches()) {
      throw wrong(text);
    }
    String unit = m.group(2).toLowerCase(Locale.ROOT);
    Long factor = unit.isEmpty() ? Long.valueOf(bareUnit) : UNITS.get(unit);
    if (factor == null) {
      throw wrong(text);
    }
    BigDecimal value = new BigDecimal(m.group(1)).multiply(BigDecimal.valueOf(factor));
    if (value.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
      throw new IllegalArgumentException("the size '" + text + "' is too large");
    }
    return new ByteSize(value.longValue());
  }

  private static IllegalArgumentException wrong(String text) {
    return new IllegalArgumentException(
        "'" + text + "' is not a size; give a number with a unit, such as 512MiB, 10GiB or 1TiB");
  }

  /** The shortest exact text: {@code 10GiB}, {@code 1536MiB}, {@code 1000B}. */
  @Override
  public String toString() {
    String[] names = {"PiB", "TiB", "GiB", "MiB", "KiB"};
    for (int i = 0; i < names.length; i++) {
      long unit = 1L << (50 - 10 * i);
      if (bytes >= unit && bytes % unit == 0) {
        return bytes / unit + names[i];
      }
    }
    return bytes + "B";
  }

  @Override
  public int compareTo(ByteSize other) {
    return Long.compare(bytes, other.bytes);
  }
}
