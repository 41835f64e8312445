package io.doceph.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.doceph.rig.Await;
import io.doceph.rig.DocephDaemon;
import io.doceph.rig.RbdHost;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Many volumes on a Ceph cluster live their lives at the same time. */
@Tag("rig")
class ParallelIT {
  private static final int VOLUMES = 50;
  private static final int AT_ONCE = 10;
  private static final int BYTES = 1 << 20;

  /** A thread that has nothing to do is kept for a minute. */
  private static final Duration IDLE_THREADS_END = Duration.ofSeconds(90);

  private final Bed bed = Bed.make();

  @AfterEach
  void stop() {
    bed.close();
  }

  /** Something that is done with one volume. */
  private interface Step {
    void run(Plugin plugin, int number) throws IOException;
  }

  @Test
  void fiftyVolumesKeepTheirDataApart() throws Exception {
    assumeTrue(Bed.isRoot(), "mounts need root");
    try (RbdHost host = RbdHost.make("parallel", bed.path("host"))) {
      // Given a daemon that has done everything once
      Map<String, String> settings = new TreeMap<>(host.settings());
      settings.put("DOCEPH_REFRESH_INTERVAL", "5s");
      // So many at once load a small machine until one command takes longer than others may.
      settings.put("DOCEPH_RBD_COMMAND_TIMEOUT", "60s");
      DocephDaemon daemon = bed.start(Bed.changes(settings));
      inParallel(daemon, List.of(VOLUMES), ParallelIT::write);
      inParallel(daemon, List.of(VOLUMES), ParallelIT::readAndRemove);
      Holdings baseline = Holdings.of(daemon.pid());
      List<Integer> numbers = IntStream.range(0, VOLUMES).boxed().toList();

      // When many volumes are made, written and unmounted, and later read and removed
      inParallel(daemon, numbers, ParallelIT::write);
      List<String> made = host.images();
      inParallel(daemon, numbers, ParallelIT::readAndRemove);

      // Then each had its own data, and of none anything is left, here or in the cluster
      assertThat(made).containsAll(numbers.stream().map(ParallelIT::name).toList());
      assertThat(bed.mounts()).isEmpty();
      assertThat(bed.loops()).isEmpty();
      assertThat(host.maps()).isEmpty();
      host.requireAsBefore();
      try (Plugin plugin = new Plugin(daemon)) {
        assertThat(plugin.names()).isEmpty();
      }
      Await.until(
          () -> "no program runs for it: " + programs(daemon),
          Bed.SOON,
          () -> programs(daemon).isEmpty());
      Await.until(
          () -> "no more is held than " + baseline + ": " + Holdings.of(daemon.pid()),
          IDLE_THREADS_END,
          () -> Holdings.of(daemon.pid()).isWithin(baseline));
    }
  }

  private static void write(Plugin plugin, int number) throws IOException {
    String name = name(number);
    plugin.create(name, "");
    Path file = plugin.mount(name, "w" + number).resolve("data");
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer content = ByteBuffer.wrap(content(number));
      while (content.hasRemaining()) {
        channel.write(content);
      }
      channel.force(true);
    }
    plugin.unmount(name, "w" + number);
  }

  private static void readAndRemove(Plugin plugin, int number) throws IOException {
    String name = name(number);
    Path file = plugin.mount(name, "r" + number).resolve("data");
    assertThat(Files.readAllBytes(file)).as(name).isEqualTo(content(number));
    plugin.unmount(name, "r" + number);
    plugin.remove(name);
  }

  private static String name(int number) {
    return "parallel-" + number;
  }

  private static byte[] content(int number) {
    byte[] content = new byte[BYTES];
    new Random(number).nextBytes(content);
    return content;
  }

  /** What runs for the daemon: its children, and whoever names its directory. */
  private List<String> programs(DocephDaemon daemon) {
    String directory = bed.path("host").toString();
    return ProcessHandle.allProcesses()
        .filter(process -> process.pid() != daemon.pid())
        .filter(
            process ->
                process.parent().filter(parent -> parent.pid() == daemon.pid()).isPresent()
                    || process.info().commandLine().orElse("").contains(directory))
        .map(process -> process.pid() + " " + process.info().commandLine().orElse(""))
        .toList();
  }

  private static void inParallel(DocephDaemon daemon, List<Integer> numbers, Step step)
      throws Exception {
    try (ExecutorService executor = Executors.newFixedThreadPool(AT_ONCE)) {
      List<Future<?>> running = new ArrayList<>();
      for (int number : numbers) {
        running.add(executor.submit(() -> once(daemon, number, step)));
      }
      for (Future<?> each : running) {
        each.get();
      }
    }
  }

  private static int once(DocephDaemon daemon, int number, Step step) throws IOException {
    try (Plugin plugin = new Plugin(daemon)) {
      step.run(plugin, number);
    }
    return number;
  }
}
