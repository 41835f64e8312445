package io.doceph.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.doceph.rig.Await;
import io.doceph.rig.DocephDaemon;
import java.util.Arrays;
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

  private final Bed bed = Bed.make();

  @AfterEach
  void stop() {
    bed.close();
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
