package io.doceph.backend.rbd;

import io.doceph.volume.VolumeName;
import java.util.ArrayList;
import java.util.List;

/**
 * The entry of one volume in one table: a marker, directly followed by a line that begins with the
 * volume's image or device. Only the two together are ours; a marker before anything else was left
 * by a person who edited the line, and both are that person's.
 *
 * @param volume the volume that the marker names
 * @param subject the first field of the entry
 */
record MarkedEntry(VolumeName volume, String subject) {
  /**
   * The text with an entry of this line: in place of the one that is there, otherwise at the end.
   */
  String put(String text, String line) {
    List<String> ours = List.of(marker(), line + "\n");
    List<String> lines = TableText.lines(text);
    int first = next(lines, 0);
    List<String> rest = without(lines);
    rest.addAll(first < lines.size() ? first : end(rest), ours);
    return String.join("", rest);
  }

  /** The text without the entry. */
  String remove(String text) {
    return String.join("", without(TableText.lines(text)));
  }

  private List<String> without(List<String> lines) {
    List<String> rest = new ArrayList<>();
    for (int from = 0; from < lines.size(); ) {
      int ours = next(lines, from);
      rest.addAll(lines.subList(from, ours));
      from = ours + 2;
    }
    return rest;
  }

  /** Where the next marker of ours is, from a line on; behind the last line when there is none. */
  private int next(List<String> lines, int from) {
    int index = from;
    while (index < lines.size() && !isOurs(lines, index)) {
      index++;
    }
    return index;
  }

  /**
   * Where a new entry goes. A last line without a line end stays the last and stays without: the
   * rbdmap script does not read such a line, so an end of line given to it would start to map an
   * image, and none given to ours would not map ours.
   */
  private static int end(List<String> lines) {
    int end = lines.size();
    if (end > 0 && !lines.get(end - 1).endsWith("\n")) {
      end--;
      if (TableText.isMarked(lines, end)) {
        end--;
      }
    }
    return end;
  }

  private boolean isOurs(List<String> lines, int index) {
    if (index + 1 >= lines.size() || !lines.get(index).equals(marker())) {
      return false;
    }
    List<String> fields = TableText.fields(lines.get(index + 1));
    return !fields.isEmpty() && fields.getFirst().equals(subject);
  }

  private String marker() {
    return TableText.MARKER + volume + "\n";
  }
}
