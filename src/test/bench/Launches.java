import java.io.IOException;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;

/** How many programs doceph launches for each operation, as it counts them itself. */
final class Launches {
  private static final int TIMES = 3;
  private static final long SETTLED_MILLIS = 700;

  private final Daemon daemon;
  private final Client client;

  Launches(Daemon daemon) {
    this.daemon = daemon;
    this.client = daemon.client();
  }

  void print() throws IOException {
    Report.head("Programs launched for one operation");
    if (!client.get("/v1/info").contains("\"metrics\"")) {
      Report.skipped("all operations", "this daemon's /v1/info tells no metrics");
      return;
    }
    operations("vfs", "");
    if (Loops.missing() != null) {
      Report.skipped("loop", Loops.missing());
      return;
    }
    operations("loop ext4", ",\"Opts\":{\"backend\":\"loop\",\"fs\":\"ext4\",\"size\":\"64M\"}");
    operations("loop xfs", ",\"Opts\":{\"backend\":\"loop\",\"fs\":\"xfs\",\"size\":\"300M\"}");
  }

  /** Create, Get, Mount, Mount again, Unmount and Remove of one volume. */
  void operations(String kind, String options) throws IOException {
    String name = "\"Name\":\"launches-" + kind.replace(' ', '-') + "\"";
    String mount = "{" + name + ",\"ID\":\"bench\"}";
    String[][] calls = {
      {"Create", "{" + name + options + "}"},
      {"Get", "{" + name + "}"},
      {"Mount", mount},
      {"Unmount", mount},
      {"Remove", "{" + name + "}"},
    };
    Map<String, Map<String, Long>> totals = new TreeMap<>();
    try {
      for (int i = 0; i < TIMES; i++) {
        for (String[] call : calls) {
          Map<String, Long> before = daemon.launches();
          client.call("VolumeDriver." + call[0], call[1]);
          settle();
          Map<String, Long> total = totals.computeIfAbsent(call[0], c -> new TreeMap<>());
          between(before, daemon.launches()).forEach((p, n) -> total.merge(p, n, Long::sum));
        }
      }
    } catch (IOException e) {
      Report.skipped(kind, e.getMessage());
      return;
    }
    for (String[] call : calls) {
      Map<String, Long> total = totals.getOrDefault(call[0], Map.of());
      long sum = total.values().stream().mapToLong(Long::longValue).sum();
      Report.figure(
          kind + ": " + call[0],
          Report.count((double) sum / TIMES),
          sum == 0 ? "" : text(total, TIMES));
    }
  }

  /** A few things are tidied up after the answer; they count as the operation's. */
  private static void settle() throws IOException {
    try {
      Thread.sleep(SETTLED_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  static Map<String, Long> between(Map<String, Long> before, Map<String, Long> after) {
    Map<String, Long> more = new TreeMap<>();
    after.forEach(
        (program, count) -> {
          long n = count - before.getOrDefault(program, 0L);
          if (n != 0) {
            more.put(program, n);
          }
        });
    return more;
  }

  /** Programs and how often, divided by how often the operation was done. */
  static String text(Map<String, Long> launches, int times) {
    StringJoiner text = new StringJoiner(", ").setEmptyValue("none");
    launches.forEach(
        (program, count) -> text.add(program + " " + Report.count((double) count / times)));
    return text.toString();
  }
}
