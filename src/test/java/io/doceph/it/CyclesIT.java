package io.doceph.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.doceph.rig.Await;
import io.doceph.rig.DocephDaemon;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Thousands of mounts through one daemon, which must not grow by it. */
@Tag("rig")
class CyclesIT {
  private static final boolean NATIVE = Boolean.getBoolean("doceph.native");
  private static final int LOOP_CYCLES = NATIVE ? 1_500 : 200;
  private static final int VFS_CYCLES = 5_000;
  private static final int WARM_UP = 100;

  /** Threads and descriptors come and go by a few; a leak would be hundreds. */
  private static final int SLACK = 10;

  private final Bed bed = Bed.make();

  @AfterEach
  void stop() {
    bed.close();
  }

  /** What a process has open. */
  private record Holdings(int descriptors, int threads, long zombies) {
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

  @Test
  void loop() {
    assumeTrue(Bed.isRoot(), "loop devices need root");
    cycle("loop", LOOP_CYCLES);
    assertThat(bed.mounts()).isEmpty();
    assertThat(bed.loops()).isEmpty();
  }

  @Test
  void vfs() {
    cycle("vfs", VFS_CYCLES);
  }

  private void cycle(String backend, int cycles) {
    DocephDaemon daemon = bed.start("DOCEPH_BACKEND", backend);
    try (Plugin plugin = new Plugin(daemon)) {
      plugin.create("v", "");
      mountAndUnmount(plugin, WARM_UP);
      Holdings baseline = Holdings.of(daemon.pid());

      mountAndUnmount(plugin, cycles);

      System.out.printf(
          "%s: %d cycles: %s before, %s after%n",
          backend, cycles, baseline, Holdings.of(daemon.pid()));
      Await.until(
          "no more is held than " + baseline,
          Bed.SOON,
          () -> Holdings.of(daemon.pid()).isWithin(baseline));
      assertThat(plugin.volume("v").path("Status").path("holders").asInt()).isZero();
      assertThat(Arrays.asList(bed.path("run/mounts").toFile().list())).isEmpty();
    }
  }

  private static void mountAndUnmount(Plugin plugin, int times) {
    for (int i = 0; i < times; i++) {
      String holder = Integer.toHexString(i);
      plugin.mount("v", holder);
      plugin.unmount("v", holder);
    }
  }
}
