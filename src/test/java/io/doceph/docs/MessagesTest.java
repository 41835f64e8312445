package io.doceph.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.doceph.volume.VolumeError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Every failure that is written out where it is thrown has a line in a table of messages, with its
 * code, and no line is of a message that is gone. The words are compared, what varies being "…" in
 * both. A sentence that is put together from several places is not seen as a whole.
 */
class MessagesTest {
  /** How the code makes a failure: an exception, or a method of that class which makes one. */
  private static final Pattern FAILURE =
      Pattern.compile(
          "\\bnew (?:VolumeError|StartRefused|CliFailure|HostException|MissingToolException"
              + "|DamagedStateException|DeviceNotBlankException)\\("
              + "|\\b(?:error|failed|ofFile|refused|refuse|unavailable|inUse|invalid|busy|conflict)\\(");

  private static final Pattern COMMENT =
      Pattern.compile("^\\s*(?://|\\*|/\\*).*$", Pattern.MULTILINE);
  private static final Pattern PIECE = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"|([^\"]+)");

  private static final Pattern CODE = Pattern.compile("^\\s*(?:VolumeError\\.)?Code\\.([A-Z_]+)");

  /** Words that say too little to tell a message by. */
  private static final int FEW = 8;

  /** The ends of sentences whose beginning is written elsewhere. */
  private static final Set<String> ENDS =
      Set.of(
          "…cannot reach the daemon at …: …; …",
          "…: …; end that, then try again…",
          "…; give the image such a name first: rbd rename…",
          "…; try again when it has ended");

  /** What is in the tables and said by a program, not by doceph. */
  private static final Set<String> OTHERS =
      Set.of("resize2fs", "Permission denied to resize filesystem");

  /** A failure as the code makes it; the code is empty where another place decides it. */
  private record Message(String file, String code, String text) {}

  /** A line of a table: the words between what varies, and the second column. */
  private record Row(List<String> words, String code) {
    boolean isOf(Message message) {
      int at = 0;
      for (String word : words) {
        at = message.text().indexOf(word, at);
        if (at < 0) {
          return false;
        }
        at += word.length();
      }
      return message.code().isEmpty() || Set.of(code.split(", ", -1)).contains(message.code());
    }
  }

  @Test
  void everyMessageHasItsCodeACauseAndACure() throws IOException {
    List<Row> rows = rows();
    List<Message> messages = messages();

    assertThat(messages).hasSizeGreaterThan(150);
    assertThat(messages)
        .filteredOn(message -> !ENDS.contains(message.text()))
        .filteredOn(message -> rows.stream().noneMatch(row -> row.isOf(message)))
        .isEmpty();
  }

  @Test
  void theTablesHaveNoMessageThatTheCodeDoesNotHave() throws IOException {
    StringBuilder text = new StringBuilder();
    for (Path source : sources()) {
      text.append(text(Files.readString(source))).append('\n');
    }
    String said = text.toString();

    for (Row row : rows()) {
      assertThat(row.words())
          .as(row.toString())
          .allMatch(word -> said.contains(word) || OTHERS.contains(word));
    }
  }

  private static List<Row> rows() throws IOException {
    List<Row> all = new ArrayList<>();
    for (Path page : Pages.all()) {
      boolean table = false;
      for (String line : Pages.prose(page)) {
        boolean head = line.startsWith("| message |");
        table = head || (table && line.startsWith("|"));
        if (table && !head && !line.startsWith("|---")) {
          String[] cells = line.split("\\|", -1);
          for (String message : cells[1].split("<br>", -1)) {
            all.add(new Row(words(message), cells[2].strip()));
          }
        }
      }
    }
    assertThat(all).allMatch(row -> row.words().stream().mapToInt(String::length).sum() > FEW);
    return all;
  }

  private static List<String> words(String message) {
    return Arrays.stream(message.replaceAll("\\*[^*]+\\*", "…").replace("`", "").split("…", -1))
        .map(word -> word.replaceAll("^[ ,;:.]+|[ ,;:.]+$", ""))
        .filter(word -> word.length() > 1)
        .toList();
  }

  private static List<Message> messages() throws IOException {
    Set<Message> all = new LinkedHashSet<>();
    for (Path source : sources()) {
      String code = COMMENT.matcher(Files.readString(source)).replaceAll("");
      var calls = FAILURE.matcher(code);
      while (calls.find()) {
        String arguments = code.substring(calls.end(), end(code, calls.end()));
        String text = text(arguments);
        if (text.replaceAll("[…\\s]", "").length() > FEW) {
          all.add(new Message(String.valueOf(source.getFileName()), code(arguments), text));
        }
      }
    }
    return List.copyOf(all);
  }

  private static String code(String arguments) {
    var code = CODE.matcher(arguments);
    return code.find() ? VolumeError.Code.valueOf(code.group(1)).text() : "";
  }

  private static List<Path> sources() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
      return files.filter(file -> file.toString().endsWith(".java")).sorted().toList();
    }
  }

  /** Where the call ends that begins there. */
  private static int end(String code, int from) {
    int depth = 1;
    boolean quoted = false;
    for (int i = from; i < code.length(); i++) {
      char c = code.charAt(i);
      if (quoted && c == '\\') {
        i++;
      } else if (c == '"') {
        quoted = !quoted;
      } else if (!quoted && c == '(') {
        depth++;
      } else if (!quoted && c == ')' && --depth == 0) {
        return i;
      }
    }
    return code.length();
  }

  /** What the literals of an expression say, with … for all else. */
  private static String text(String expression) {
    StringBuilder text = new StringBuilder();
    var pieces = PIECE.matcher(expression);
    while (pieces.find()) {
      String literal = pieces.group(1);
      if (literal != null) {
        text.append(literal.replace("\\\"", "\"").replace("`", "").replaceAll("%[sd]", "…"));
      } else if (!pieces.group(2).replaceAll("\\s", "").equals("+")) {
        text.append('…');
      }
    }
    return text.toString().replaceAll("…+", "…");
  }
}
