package io.doceph.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Whoever follows a link arrives. */
class LinksTest {
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");

  @Test
  void everyLinkLeadsToAFileAndAHeadingThatAreThere() throws IOException {
    List<String> dead = new ArrayList<>();
    int seen = 0;
    for (Path page : Pages.all()) {
      var links = LINK.matcher(String.join("\n", Pages.prose(page)));
      while (links.find()) {
        String link = links.group(1);
        if (!link.contains("://")) {
          seen++;
          if (!leadsSomewhere(page, link)) {
            dead.add(page + ": " + link);
          }
        }
      }
    }

    assertThat(dead).isEmpty();
    assertThat(seen).isGreaterThan(30);
  }

  private static boolean leadsSomewhere(Path page, String link) throws IOException {
    String[] parts = link.split("#", 2);
    Path target = parts[0].isEmpty() ? page : page.resolveSibling(parts[0]);
    return Files.exists(target) && (parts.length == 1 || Pages.anchors(target).contains(parts[1]));
  }
}
