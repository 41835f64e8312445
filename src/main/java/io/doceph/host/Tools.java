package io.doceph.host;

import java.nio.file.*;
import java.util.*;

public final class Tools {
  private final Map<String, Path> c;

  public Tools(Map<String, Path> c) {
    this.c = Map.copyOf(c);
  }

  public Optional<Path> find(String n) {
    Path p = c.get(n);
    if (p != null) return Optional.of(p);
    for (String d : List.of("/usr/sbin", "/usr/bin", "/sbin", "/bin"))
      if (Files.isExecutable(Path.of(d, n))) return Optional.of(Path.of(d, n));
    return Optional.empty();
  }

  public Path require(String n) {
    return find(n).orElseThrow(() -> new MissingToolException("no " + n));
  }
}
