import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Create, Get, Path and List of vfs volumes, and the memory they cost. */
final class Volumes {
  private static final int THREADS = 4;

  private final Daemon daemon;
  private final Client client;
  private final boolean quick;

  private Volumes(Daemon daemon, boolean quick) {
    this.daemon = daemon;
    this.client = daemon.client();
    this.quick = quick;
  }

  /** Single calls, on the disk where the scratch directory is. */
  static void few(Daemon daemon, boolean quick) throws IOException {
    new Volumes(daemon, quick).few();
  }

  /** Lists of many; the daemon has no volume yet. */
  static void many(Daemon daemon, boolean quick) throws IOException {
    new Volumes(daemon, quick).many();
  }

  private void few() throws IOException {
    Report.head("vfs, on " + type());
    Samples synced = Floor.syncedFile(daemon.scratch(), quick ? 50 : 200);
    create(
        "Create", quick ? 200 : 900, "one small file synced and renamed: " + synced.medianText());
    int calls = quick ? 1000 : 5000;
    String floor =
        "bare UNIX socket: " + Floor.roundTrip(daemon.scratch(), 400, calls).medianText();
    for (String call : List.of("Get", "Path")) {
      Samples samples =
          Samples.of(calls, i -> client.post("VolumeDriver." + call, "{\"Name\":\"Create5\"}"));
      Report.figure(
          call + " (median of " + calls + ")", samples.median(), 0.3, "ms", beside(samples, floor));
    }
  }

  private void many() throws IOException {
    Report.head("Many volumes, on " + type());
    create("Create", 900, "no disk to wait for");
    fill(900, 1000);
    list(1000, 1);
    for (int i = 0; i < 10_000; i++) {
      client.post("VolumeDriver.List", "{}");
    }
    Report.figure(
        "resident memory after 10,000 Lists of 1,000", daemon.residentMiB(), 60, "MiB", "");
    if (quick) {
      Report.skipped("List of 10,000 volumes", "making them takes longer than --quick allows");
      return;
    }
    fill(1000, 10_000);
    list(10_000, 10);
    create("Create when there are 10,000", 100, "no disk to wait for");
    Report.figure(
        "resident memory with 10,000 volumes", Report.number(daemon.residentMiB()) + " MiB", "");
  }

  private void create(String what, int count, String floor) throws IOException {
    String prefix = what.replace(' ', '-').replace(",", "");
    Samples samples = Samples.of(count, i -> create(client, prefix + i));
    Report.figure(
        what + " (median of " + count + ")", samples.median(), 2, "ms", beside(samples, floor));
  }

  private static String beside(Samples samples, String floor) {
    return "p99 " + Report.number(samples.p99()) + " ms; " + floor;
  }

  private void list(int volumes, double goal) throws IOException {
    Map<String, Long> before = daemon.launches();
    int count = quick ? 100 : 300;
    int bytes = client.post("VolumeDriver.List", "{}");
    Samples again = Samples.of(count, i -> client.post("VolumeDriver.List", "{}"));
    double[] changed = new double[count / 5];
    for (int i = 0; i < changed.length; i++) {
      client.call(
          i % 2 == 0 ? "VolumeDriver.Create" : "VolumeDriver.Remove", "{\"Name\":\"changed\"}");
      long began = System.nanoTime();
      client.post("VolumeDriver.List", "{}");
      changed[i] = (System.nanoTime() - began) / 1e6;
    }
    String launched = Launches.text(Launches.between(before, daemon.launches()), 1);
    Samples echo = Floor.roundTrip(daemon.scratch(), bytes, count);
    String what = "List of %,d volumes".formatted(volumes);
    Report.figure(
        what,
        again.median(),
        goal,
        "ms",
        "bare UNIX socket, %,d KiB: %s; launches: %s"
            .formatted(bytes / 1024, echo.medianText(), launched));
    Report.figure(
        what + ", just after a change", Samples.ofMillis(changed).median(), goal, "ms", "");
  }

  /** Makes volumes on several connections at once. */
  private void fill(int from, int to) throws IOException {
    List<Thread> threads = new ArrayList<>();
    List<IOException> failures = new ArrayList<>();
    for (int t = 0; t < THREADS; t++) {
      int first = from + t;
      threads.add(Thread.ofPlatform().start(() -> fill(first, to, failures)));
    }
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    if (!failures.isEmpty()) {
      throw failures.getFirst();
    }
  }

  private void fill(int first, int to, List<IOException> failures) {
    try (Client another = new Client(daemon.scratch().resolve("s"))) {
      for (int i = first; i < to; i += THREADS) {
        create(another, "fill" + i);
      }
    } catch (IOException e) {
      synchronized (failures) {
        failures.add(e);
      }
    }
  }

  private static void create(Client client, String name) throws IOException {
    client.call("VolumeDriver.Create", "{\"Name\":\"" + name + "\"}");
  }

  private String type() throws IOException {
    return Files.getFileStore(daemon.scratch()).type();
  }
}
