package io.doceph.cli;

/** Text from elsewhere made fit for one line of a terminal. */
final class Printable {
  private Printable() {}

  /**
   * Line ends and tabs become spaces; other control characters, which could steer the terminal,
   * become question marks.
   */
  static String of(String text) {
    StringBuilder line = new StringBuilder(text.length());
    text.strip()
        .codePoints()
        .map(
            c ->
                c == '\n' || c == '\r' || c == '\t'
                    ? ' '
                    : Character.isISOControl(c) || Character.getType(c) == Character.FORMAT
                        ? '?'
                        : c)
        .forEach(line::appendCodePoint);
    return line.toString();
  }
}
