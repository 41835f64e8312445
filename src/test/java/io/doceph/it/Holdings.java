package io.doceph.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What a process has open. */
record Holdings(int descriptors, int threads, long zombies) {
  /** Threads and descriptors come and go by a few; a leak would be hundreds. */
  private static final int SLACK = 10;

  static Holdings of(long pid) {
    return new Holdings(count(pid, "fd"), count(pid, "task"), zombies(pid));
  }

  boolean isWithin(Holdings baseline) {
    return descriptors <= baseline.descriptors + SLACK
        && threads <= baseline.threads + SLACK
        && zombies == 0;
  }

  private static int count(long pid, String what) {
    String[] names = Path.of("/proc", Long.toString(pid), what).toFile().list();
    return names == null ? -1 : names.length;
  }

  private static long zombies(long parent) {
    try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
      return processes.filter(p -> isZombieOf(p.resolve("stat"), parent)).count();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static boolean isZombieOf(Path stat, long parent) {
    try {
      String text = Files.readString(stat);
      String[] words = text.substring(text.lastIndexOf(')') + 2).split(" ", -1);
      return words[0].equals("Z") && words[1].equals(Long.toString(parent));
    } catch (IOException e) {
      return false; // no process, or gone
    }
  }
}
