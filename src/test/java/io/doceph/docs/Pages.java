package io.doceph.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** The pages of the documentation. */
public final class Pages {
  private Pages() {}

  /** README, CHANGELOG and what is in docs. */
  public static List<Path> all() throws IOException {
    List<Path> pages = new ArrayList<>(List.of(Path.of("README.md"), Path.of("CHANGELOG.md")));
    try (Stream<Path> files = Files.list(Path.of("docs"))) {
      files.filter(file -> file.toString().endsWith(".md")).sorted().forEach(pages::add);
    }
    return pages;
  }

  /** The lines of a page that are no listing of code. */
  public static List<String> prose(Path page) throws IOException {
    List<String> prose = new ArrayList<>();
    boolean listing = false;
    for (String line : Files.readAllLines(page)) {
      if (line.strip().startsWith("```")) {
        listing = !listing;
      } else if (!listing) {
        prose.add(line);
      }
    }
    return prose;
  }

  /** The anchors of a page's headings, as the usual viewers make them. */
  public static Set<String> anchors(Path page) throws IOException {
    Set<String> anchors = new TreeSet<>();
    for (String line : prose(page)) {
      if (line.startsWith("#")) {
        String title = line.replaceFirst("^#+ ", "").toLowerCase(Locale.ROOT);
        anchors.add(title.replaceAll("[^a-z0-9 _-]", "").replace(' ', '-'));
      }
    }
    return anchors;
  }
}
