package io.doceph.config;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A length of time with a unit: {@code 500ms}, {@code 30s}, {@code 5m}, {@code 2h}, {@code 7d}.
 *
 * @param duration the length, more than zero
 */
public record Period(Duration duration) {
  private static final Pattern TEXT = Pattern.compile("(\\d{1,9})\\s*(ms|s|m|h|d)");

  public Period {
    if (duration.isNegative() || duration.isZero()) {
      throw new IllegalArgumentException("a length of time must be more than zero");
    }
  }

  /**
   * Reads a number with a unit.
   *
   * @throws IllegalArgumentException with one sentence that says what is allowed
   */
  public static Period parse(String text) {
    Matcher m = TEXT.matcher(text.strip());
    if (!m.matches()) {
      throw new IllegalArgumentException(
          "'"
              + text
              + "' is not a length of time; give a number with a unit, such as 500ms, 30s, 5m, 2h or 7d");
    }
    long n = Long.parseLong(m.group(1));
    return new Period(
        switch (m.group(2)) {
          case "ms" -> Duration.ofMillis(n);
          case "s" -> Duration.ofSeconds(n);
          case "m" -> Duration.ofMinutes(n);
          case "h" -> Duration.ofHours(n);
          default -> Duration.ofDays(n);
        });
  }
}
