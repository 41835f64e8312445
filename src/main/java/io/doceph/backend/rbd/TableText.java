package io.doceph.backend.rbd;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The text of rbdmap or fstab, one character a byte, as lines that keep their line ends: joined
 * again they are the file, byte for byte.
 */
final class TableText {
  /** The comment of its own that precedes a line that doceph made; the volume's name follows. */
  static final String MARKER = "# doceph volume ";

  /** What the rbdmap script, a shell, takes as it stands, and what is one field of a table. */
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9._][A-Za-z0-9._:+-]{0,254}");

  private static final Pattern BLANKS = Pattern.compile("[ \t\r\n]+");

  private TableText() {}

  /** The lines, each with its {@code \n}; the last may have none. */
  static List<String> lines(String text) {
    List<String> lines = new ArrayList<>();
    for (int start = 0; start < text.length(); ) {
      int end = text.indexOf('\n', start);
      int next = end < 0 ? text.length() : end + 1;
      lines.add(text.substring(start, next));
      start = next;
    }
    return lines;
  }

  /** The fields of a line; none when it is blank or a comment. */
  static List<String> fields(String line) {
    String stripped = line.strip();
    return stripped.isEmpty() || stripped.startsWith("#")
        ? List.of()
        : List.of(BLANKS.split(stripped));
  }

  /**
   * Whether a line has a marker before it. It says nothing about whose line it is: a person may
   * have put another one there.
   */
  static boolean isMarked(List<String> lines, int index) {
    return index > 0 && lines.get(index - 1).startsWith(MARKER);
  }

  /** Whether a name of Ceph's can be written into the tables, and be a part of a path. */
  static boolean isPlain(String name) {
    return PLAIN.matcher(name).matches() && !name.equals(".") && !name.equals("..");
  }
}
