import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** RBD on a cluster of the rig's, by turns with the bare commands on other images there. */
final class Rbds {
  private static final String SIZE = "400";
  private static final int MANY = 10_000;
  private static final int PARALLEL = 32;
  private static final Pattern REFRESH =
      Pattern.compile("\"name\":\"rbd\".*?\"refreshMillis\":([0-9.]+)");

  private final Path executable;
  private final Path scratch;
  private final Path cluster;
  private final boolean quick;

  private Rbds(Path executable, Path scratch, boolean quick) {
    this.executable = executable;
    this.scratch = scratch;
    this.cluster = scratch.resolve("ceph");
    this.quick = quick;
  }

  static void print(Path executable, Path scratch, boolean quick) throws IOException {
    Report.head("rbd: by turns with the bare commands, on the rig's cluster and mapper");
    Path rig = Path.of("src/test/rig/ceph").toAbsolutePath();
    if (!"root".equals(System.getProperty("user.name"))
        || !Files.isExecutable(Path.of("/usr/bin/ceph-osd"))
        || !Files.isExecutable(rig)) {
      Report.skipped("rbd", "needs root and the rig's packages (src/test/rig/install)");
      return;
    }
    Rbds rbds = new Rbds(executable, scratch, quick);
    Files.createDirectories(scratch);
    try {
      rbds.rig(rig, "up");
      rbds.rig(rig, "shim", scratch.resolve("ours").toString());
      rbds.rig(rig, "shim", scratch.resolve("bare").toString());
      rbds.all();
    } finally {
      rbds.rig(rig, "down");
    }
  }

  private void all() throws IOException {
    try (Daemon daemon = start("few")) {
      try (Bare bare = new Bare("make")) {
        creates(daemon, bare);
      }
      mounts(daemon);
      new Launches(daemon).operations("rbd xfs", options("xfs"));
      new Launches(daemon).operations("rbd ext4", options("ext4"));
      parallel(daemon);
    }
    many();
  }

  private Daemon start(String name) throws IOException {
    return Daemon.start(
        executable,
        scratch.resolve(name),
        Map.of(
            "DOCEPH_BACKENDS", "rbd",
            "DOCEPH_BACKEND", "rbd",
            "DOCEPH_RBD_CONF", cluster.resolve("ceph.conf").toString(),
            "DOCEPH_RBD_REMOVE", "delete",
            "DOCEPH_TOOLS_RBD", scratch.resolve("ours/rbd").toString()));
  }

  private static String options(String filesystem) {
    return ",\"Opts\":{\"fs\":\"%s\",\"size\":\"%sM\"}".formatted(filesystem, SIZE);
  }

  private void creates(Daemon daemon, Bare bare) throws IOException {
    int rounds = quick ? 7 : 25;
    double[] ours = new double[rounds];
    double[] theirs = new double[rounds];
    for (int i = 0; i < rounds; i++) {
      long began = System.nanoTime();
      create(daemon.client(), "c" + i);
      long between = System.nanoTime();
      bare.run("bare" + i);
      theirs[i] = (System.nanoTime() - between) / 1e6;
      ours[i] = (between - began) / 1e6;
      daemon.client().call("VolumeDriver.Remove", "{\"Name\":\"c" + i + "\"}");
      shell("rbd", "rm", "--no-progress", "volumes/bare" + i);
    }
    ratio("Create (xfs)", ours, theirs, 1.3, "rbd create, map, mkfs, unmap");
  }

  private void mounts(Daemon daemon) throws IOException {
    int rounds = quick ? 9 : 31;
    create(daemon.client(), "mounted");
    String request = "{\"Name\":\"mounted\",\"ID\":\"bench\"}";
    double[] ours = new double[rounds];
    double[] theirs = new double[rounds];
    try (Bare make = new Bare("make");
        Bare use = new Bare("use")) {
      make.run("baremounted");
      for (int i = -1; i < rounds; i++) {
        long began = System.nanoTime();
        daemon.client().call("VolumeDriver.Mount", request);
        daemon.client().call("VolumeDriver.Unmount", request);
        long between = System.nanoTime();
        use.run("baremounted");
        if (i >= 0) {
          theirs[i] = (System.nanoTime() - between) / 1e6;
          ours[i] = (between - began) / 1e6;
        }
      }
    }
    ratio("Mount + Unmount (xfs)", ours, theirs, 1.2, "map, mount, umount, unmap");
    daemon.client().call("VolumeDriver.Mount", request);
    Map<String, Long> before = daemon.launches();
    daemon.client().call("VolumeDriver.Mount", "{\"Name\":\"mounted\",\"ID\":\"other\"}");
    String again = Launches.text(Launches.between(before, daemon.launches()), 1);
    Report.figure("programs launched: Mount of a mounted volume", again, "");
    daemon.client().call("VolumeDriver.Unmount", "{\"Name\":\"mounted\",\"ID\":\"other\"}");
    daemon.client().call("VolumeDriver.Unmount", request);
    daemon.client().call("VolumeDriver.Remove", "{\"Name\":\"mounted\"}");
  }

  private void parallel(Daemon daemon) throws IOException {
    int count = quick ? 8 : PARALLEL;
    long began = System.nanoTime();
    together(
        count,
        i -> {
          try (Client client = new Client(daemon.scratch().resolve("s"))) {
            create(client, "p" + i);
          }
        });
    long between = System.nanoTime();
    together(
        count,
        i -> {
          try (Bare bare = new Bare("make")) {
            bare.run("barep" + i);
          }
        });
    double theirs = (System.nanoTime() - between) / 1e6;
    double ours = (between - began) / 1e6;
    ratio(count + " Creates at once", new double[] {ours}, new double[] {theirs}, 1.3, "as many bare");
    for (int i = 0; i < count; i++) {
      daemon.client().call("VolumeDriver.Remove", "{\"Name\":\"p" + i + "\"}");
      shell("rbd", "rm", "--no-progress", "volumes/barep" + i);
    }
  }

  private interface Work {
    void run(int number) throws IOException;
  }

  private static void together(int count, Work work) throws IOException {
    List<IOException> failures = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int number = i;
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      work.run(number);
                    } catch (IOException e) {
                      synchronized (failures) {
                        failures.add(e);
                      }
                    }
                  }));
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

  /** List, and the refresh behind it, with ten thousand volumes in the index. */
  private void many() throws IOException {
    int count = quick ? 1000 : MANY;
    fill(count);
    try (Daemon daemon = start("many")) {
      double refresh = 0;
      double[] seen = new double[5];
      double[] listing = new double[seen.length];
      for (int i = 0; i < seen.length; ) {
        double now = refreshMillis(daemon);
        if (now == refresh) {
          sleep();
          continue;
        }
        refresh = now;
        seen[i] = now;
        long began = System.nanoTime();
        shell("rados", "-p", "volumes", "listomapvals", "doceph.index");
        listing[i++] = (System.nanoTime() - began) / 1e6;
      }
      int bytes = daemon.client().post("VolumeDriver.List", "{}");
      Samples list = Samples.of(100, i -> daemon.client().post("VolumeDriver.List", "{}"));
      Samples echo = Floor.roundTrip(daemon.scratch(), bytes, 100);
      Report.figure(
          "List of %,d volumes".formatted(count),
          list.median(),
          10,
          "ms",
          "bare UNIX socket, %,d KiB: %s".formatted(bytes / 1024, echo.medianText()));
      ratio("refresh of %,d volumes".formatted(count), seen, listing, 1.3, "one rados listomapvals");
      Report.figure("resident memory", Report.number(daemon.residentMiB()) + " MiB", "");
    }
  }

  private static double refreshMillis(Daemon daemon) throws IOException {
    Matcher matcher = REFRESH.matcher(daemon.client().get("/v1/info"));
    return matcher.find() ? Double.parseDouble(matcher.group(1)) : 0;
  }

  private static void sleep() throws IOException {
    try {
      Thread.sleep(100);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  /** One write for all keys, which rados itself cannot do; the module comes with Ceph's own CLI. */
  private void fill(int count) throws IOException {
    String script =
        """
        import json, rados, sys
        c = rados.Rados(conffile=sys.argv[1], name='client.docker'); c.connect()
        io = c.open_ioctx('volumes')
        def value(n):
            return json.dumps({"name": n, "backend": "rbd", "stage": "ready", "createdAt": "2026-01-02T03:04:05.678901Z",
                "hostId": "0f8fad5b-d9cb-469f-a165-70867728950e", "sizeBytes": 10737418240, "filesystem": "xfs", "mkfs": [],
                "mountOptions": [], "options": {"size": 10, "pool": "volumes", "fs": "xfs"}, "version": 1},
                separators=(',', ':')).encode()
        names = ['volume-%05d' % i for i in range(int(sys.argv[2]))]
        for i in range(0, len(names), 1000):
            with rados.WriteOpCtx() as op:
                io.set_omap(op, tuple(names[i:i+1000]), tuple(value(n) for n in names[i:i+1000]))
                io.operate_write_op(op, 'doceph.index')
        """;
    run(
        List.of(
            "/usr/bin/python3",
            "-c",
            script,
            cluster.resolve("ceph.conf").toString(),
            Integer.toString(count)));
  }

  private static void ratio(
      String what, double[] ours, double[] theirs, double goal, String commands) {
    double mine = Samples.ofMillis(ours).median();
    double bare = Samples.ofMillis(theirs).median();
    Report.figure(
        what + ": ratio",
        mine / bare,
        goal,
        "",
        "%s ms; %s: %s ms (medians of %d)"
            .formatted(Report.number(mine), commands, Report.number(bare), ours.length));
  }

  private static void create(Client client, String name) throws IOException {
    client.call("VolumeDriver.Create", "{\"Name\":\"" + name + "\"" + options("xfs") + "}");
  }

  private void shell(String program, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add("/usr/bin/" + program);
    command.addAll(List.of("--conf", cluster.resolve("ceph.conf").toString(), "--id", "docker"));
    command.addAll(List.of(arguments));
    run(command);
  }

  private void rig(Path rig, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(rig.toString()));
    command.addAll(List.of(arguments));
    run(command);
  }

  private void run(List<String> command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("RIG_DIR", cluster.toString());
    builder.environment().put("RIG_OWNER", Long.toString(ProcessHandle.current().pid()));
    Path output = Files.createTempFile(scratch, "out", "");
    Process process = builder.redirectOutput(output.toFile()).start();
    try {
      if (!process.waitFor(5, TimeUnit.MINUTES) || process.exitValue() != 0) {
        process.destroyForcibly();
        throw new IOException(
            command.getFirst() + " failed: " + Files.readString(output).strip());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      Files.deleteIfExists(output);
    }
  }

  /** The bare commands for one image, run by a shell that is there already. */
  private final class Bare implements AutoCloseable {
    private static final Map<String, String> STEPS =
        Map.of(
            "make",
            "rbd create --size "
                + SIZE
                + " volumes/$name && device=$(rbd device map -o noudev volumes/$name) &&"
                + " mkfs.xfs -q -K $device && rbd device unmap $device",
            "use",
            "device=$(rbd device map -o noudev volumes/$name) && mount -t xfs -o nouuid $device"
                + " \"$3\" && umount \"$3\" && rbd device unmap $device");

    private final Process shell;
    private final Writer in;
    private final BufferedReader out;

    Bare(String steps) throws IOException {
      Path mountpoint = scratch.resolve("bare-mount");
      Files.createDirectories(mountpoint);
      String script =
          "shim=$1; conf=$2; rbd() { $shim --conf $conf --id docker \"$@\"; }\n"
              + "while read -r name; do "
              + STEPS.get(steps)
              + " && echo done || echo failed; done";
      shell =
          new ProcessBuilder(
                  "/bin/sh",
                  "-c",
                  script,
                  "sh",
                  scratch.resolve("bare/rbd").toString(),
                  cluster.resolve("ceph.conf").toString(),
                  mountpoint.toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      in = shell.outputWriter();
      out = shell.inputReader();
    }

    void run(String name) throws IOException {
      in.write(name + "\n");
      in.flush();
      if (!"done".equals(out.readLine())) {
        throw new IOException("the bare commands failed, see above");
      }
    }

    @Override
    public void close() throws IOException {
      in.close();
      shell.destroy();
    }
  }
}
