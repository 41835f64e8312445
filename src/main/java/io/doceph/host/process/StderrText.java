package io.doceph.host.process;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** Keeps the head and the tail of what a program writes to standard error, however much that is. */
final class StderrText {

  static final int HEAD = 4096;
  static final int TAIL = 4096;

  /** What of it goes into a message. */
  private static final int MESSAGE_HEAD = 500;

  private static final int MESSAGE_TAIL = 300;

  /** Shorter secrets are not looked for: hiding every "1" would make the text useless. */
  private static final int SHORTEST_SECRET = 4;

  private final byte[] head = new byte[HEAD];

  /** A ring: the byte number {@code i} after the head is at {@code i % TAIL}. */
  private final byte[] tail = new byte[TAIL];

  private long total;

  void add(byte[] bytes, int length) {
    int position = 0;
    if (total < HEAD) {
      position = (int) Math.min(length, HEAD - total);
      System.arraycopy(bytes, 0, head, (int) total, position);
      total += position;
    }
    // Of a long block only the last TAIL bytes can survive.
    int skipped = Math.max(0, length - position - TAIL);
    position += skipped;
    total += skipped;
    while (position < length) {
      int at = (int) ((total - HEAD) % TAIL);
      int count = Math.min(length - position, TAIL - at);
      System.arraycopy(bytes, position, tail, at, count);
      position += count;
      total += count;
    }
  }

  /** The text, lenient UTF-8, with each of the given secrets hidden. */
  String text(List<String> secrets) {
    String text = text();
    for (String secret : secrets) {
      if (secret.length() >= SHORTEST_SECRET) {
        text = text.replace(secret, Command.HIDDEN);
      }
    }
    return text;
  }

  private String text() {
    String start = new String(head, 0, (int) Math.min(total, HEAD), StandardCharsets.UTF_8);
    long after = total - HEAD;
    if (after <= 0) {
      return start;
    }
    int kept = (int) Math.min(after, TAIL);
    byte[] end = new byte[kept];
    for (int i = 0; i < kept; i++) {
      end[i] = tail[(int) ((after - kept + i) % TAIL)];
    }
    if (after <= TAIL) {
      byte[] whole = new byte[HEAD + kept];
      System.arraycopy(head, 0, whole, 0, HEAD);
      System.arraycopy(end, 0, whole, HEAD, kept);
      return new String(whole, StandardCharsets.UTF_8);
    }
    return start
        + "… ("
        + (after - kept)
        + " bytes skipped) …"
        + new String(end, StandardCharsets.UTF_8);
  }

  /** The text on one line, without control characters, cut in the middle: for messages. */
  static String oneLine(String stderr) {
    String line =
        stderr.strip().replaceAll("\\s*\\R\\s*", "; ").replaceAll("[\\p{Cntrl}&&[^\\t]]", "?");
    if (line.length() <= MESSAGE_HEAD + MESSAGE_TAIL) {
      return line;
    }
    int skipped = line.length() - MESSAGE_HEAD - MESSAGE_TAIL;
    return line.substring(0, MESSAGE_HEAD)
        + "… ("
        + skipped
        + " characters skipped) …"
        + line.substring(line.length() - MESSAGE_TAIL);
  }
}
