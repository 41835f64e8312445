package io.doceph.volume;

import java.util.regex.Pattern;

/**
 * The name of a volume, checked: it becomes part of paths and of image names.
 *
 * @param value the name, byte for byte as it was given
 */
public record VolumeName(String value) implements Comparable<VolumeName> {
  private static final Pattern RULE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,127}");

  public VolumeName {
    if (!RULE.matcher(value).matches()) {
      throw new VolumeError(
          VolumeError.Code.INVALID,
          "'"
              + Text.shown(value)
              + "' is not a volume name: use 1 to 128 of the characters A-Z a-z 0-9 _ . - and begin with a letter or a digit, as in db-data.1");
    }
  }

  /** Whether a text could be a volume's name: what is not is no volume of ours. */
  public static boolean isValid(String text) {
    return RULE.matcher(text).matches();
  }

  @Override
  public int compareTo(VolumeName other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
