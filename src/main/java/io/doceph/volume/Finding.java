package io.doceph.volume;

import org.jspecify.annotations.Nullable;

/**
 * Something that a backend noticed about itself or about what it keeps.
 *
 * @param name what was looked at
 * @param level how bad it is
 * @param detail what was seen, one sentence
 * @param remedy what to do, or null when nothing is to be done
 */
public record Finding(String name, Level level, String detail, @Nullable String remedy) {
  /** How bad a finding is. */
  public enum Level {
    /** In order, or mended just now. */
    OK,
    /** Works, and somebody should know. */
    WARNING,
    /** Does not work. */
    PROBLEM
  }
}
