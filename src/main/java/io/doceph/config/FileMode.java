package io.doceph.config;

import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Permission bits in octal, such as {@code 0660}.
 *
 * @param bits 0 to 0777
 */
public record FileMode(int bits) {
  private static final Pattern TEXT = Pattern.compile("0?[0-7]{3}");

  public FileMode {
    if (bits < 0 || bits > 0777) {
      throw new IllegalArgumentException("a mode is between 0000 and 0777");
    }
  }

  /**
   * Reads three octal digits, with or without a leading zero.
   *
   * @throws IllegalArgumentException with one sentence that says what is allowed
   */
  public static FileMode parse(String text) {
    if (!TEXT.matcher(text.strip()).matches()) {
      throw new IllegalArgumentException(
          "'" + text + "' is not a mode; give three octal digits, such as 0750");
    }
    return new FileMode(Integer.parseInt(text.strip(), 8));
  }

  /** The bits as Java's permission set. */
  public Set<PosixFilePermission> permissions() {
    Set<PosixFilePermission> set = EnumSet.noneOf(PosixFilePermission.class);
    PosixFilePermission[] fromHighest = PosixFilePermission.values();
    for (int i = 0; i < fromHighest.length; i++) {
      if ((bits & (0400 >> i)) != 0) {
        set.add(fromHighest[i]);
      }
    }
    return set;
  }

  @Override
  public String toString() {
    return String.format("%04o", bits);
  }
}
