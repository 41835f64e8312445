package io.doceph.host;

import java.io.*;
import java.nio.file.*;
import java.util.*;
import java.util.function.Predicate;

public final class MountTable {
  private MountTable() {}

  public static List<MountEntry> parse(Path f) {
    List<MountEntry> r = new ArrayList<>();
    try {
      for (String l : Files.readAllLines(f)) {
        String[] p = l.split(" ", -1);
        int d = 6;
        boolean sh = false, sl = false;
        while (!p[d].equals("-")) {
          if (p[d].startsWith("shared:")) sh = true;
          if (p[d].startsWith("master:")) sl = true;
          d++;
        }
        r.add(
            new MountEntry(
                Integer.parseInt(p[0]),
                p[2],
                p[3],
                Path.of(p[4].replace("\\040", " ")),
                p[d + 1],
                p[d + 2],
                List.of(p[5].split(",")),
                List.of(p[d + 3].split(",")),
                sh,
                sl));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return r;
  }

  public static List<MountEntry> self() {
    return parse(Path.of("/proc/self/mountinfo"));
  }

  public static Optional<MountEntry> at(Path m) {
    MountEntry x = null;
    for (MountEntry e : self()) if (e.mountPoint().equals(m)) x = e;
    return Optional.ofNullable(x);
  }

  public static List<ForeignMount> elsewhere(Predicate<MountEntry> w) {
    List<ForeignMount> r = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    try {
      seen.add(Files.readSymbolicLink(Path.of("/proc/self/ns/mnt")).toString());
      try (var s = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
        for (Path p : s) {
          try {
            if (!seen.add(Files.readSymbolicLink(p.resolve("ns/mnt")).toString())) continue;
            for (MountEntry e : parse(p.resolve("mountinfo")))
              if (w.test(e))
                r.add(new ForeignMount(Long.parseLong(p.getFileName().toString()), "", e));
          } catch (IOException | UncheckedIOException x) {
            seen.add("");
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return r;
  }
}
