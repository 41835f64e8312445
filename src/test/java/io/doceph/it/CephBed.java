package io.doceph.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.doceph.rig.Await;
import io.doceph.rig.CephRig;
import io.doceph.rig.Command;
import io.doceph.rig.DocephDaemon;
import io.doceph.rig.PluginClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * One host on a real cluster: a daemon's directory, and the programs that the daemon is given, each
 * of which a test can hold up or replace.
 */
final class CephBed implements AutoCloseable {
  /** How many times slower than a quiet machine this one may be: a number, 2 unless set. */
  private static final int PATIENCE = Integer.getInteger("doceph.rig.patience", 2);

  private static final Duration COMMAND = Duration.ofSeconds(3).multipliedBy(PATIENCE);
  private static final Duration CALL = Duration.ofSeconds(12).multipliedBy(PATIENCE);

  /** Looking must be answered in milliseconds; the machine of a test may be busy. */
  static final Duration AT_ONCE = Duration.ofSeconds(1).multipliedBy(PATIENCE);

  /** More than the deadline of any call. */
  static final Duration BOUND = CALL.plusSeconds(8);

  /** More than anything may take that happens by itself. */
  static final Duration SOON = Duration.ofSeconds(30).multipliedBy(PATIENCE);

  /** The common pool may have a single thread, on which one call would wait for another. */
  static final ExecutorService THREADS =
      Executors.newCachedThreadPool(Thread.ofPlatform().daemon().name("call-", 0).factory());

  private static final List<String> POOLS = List.of("volumes", "ssd", "volumes/team1");

  private final CephRig rig;
  private final Bed bed = Bed.make();
  private final Path host = bed.path("host");
  private final Path rbd;
  private final List<DocephDaemon> daemons = new ArrayList<>();

  CephBed(CephRig rig) {
    this.rig = rig;
    this.rbd = rig.shim(host);
  }

  Bed bed() {
    return bed;
  }

  CephRig rig() {
    return rig;
  }

  /** A daemon of this host that is not started; pairs of variable and value change its settings. */
  DocephDaemon daemon(String... changes) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "DOCEPH_BACKEND",
                "rbd",
                "DOCEPH_BACKENDS",
                "rbd,vfs",
                "DOCEPH_RBD_CONF",
                rig.conf().toString(),
                "DOCEPH_RBD_POOLS",
                "ssd",
                "DOCEPH_RBD_REMOVE",
                "delete",
                "DOCEPH_RBD_COMMAND_TIMEOUT",
                COMMAND.toSeconds() + "s",
                "DOCEPH_RBD_TAKEOVER_WAIT",
                "3s",
                "DOCEPH_LIMITS_LONG_CALL",
                CALL.toSeconds() + "s",
                "DOCEPH_LIMITS_SHORT_CALL",
                CALL.toSeconds() + "s",
                "DOCEPH_REFRESH_INTERVAL",
                "1s",
                "DOCEPH_DEFAULT_SIZE",
                "32MiB",
                "DOCEPH_HOST_NAME",
                "faulty",
                "DOCEPH_TOOLS_RBD",
                tool("rbd", rbd),
                "DOCEPH_TOOLS_RADOS",
                tool("rados", Path.of("/usr/bin/rados")),
                "DOCEPH_TOOLS_CEPH",
                tool("ceph", Path.of("/usr/bin/ceph")),
                "DOCEPH_TOOLS_MKFS_EXT4",
                tool("mkfs.ext4", real("mkfs.ext4")),
                "DOCEPH_TOOLS_MOUNT",
                tool("mount", real("mount")),
                "DOCEPH_TOOLS_UMOUNT",
                tool("umount", real("umount"))));
    all.addAll(Arrays.asList(changes));
    DocephDaemon daemon = bed.daemon(all.toArray(String[]::new));
    daemons.add(daemon);
    return daemon;
  }

  /** A running daemon. */
  DocephDaemon start(String... changes) {
    return daemon(changes).start();
  }

  /** The real program, unless a trouble of that tool is there: then that shell text runs first. */
  private String tool(String name, Path real) {
    return bed.script(
            "tool." + name,
            "real=%s; t=%s\nif [ -e \"$t\" ]; then . \"$t\"; fi\nexec \"$real\" \"$@\""
                .formatted(real, bed.path("trouble." + name)))
        .toString();
  }

  private static Path real(String tool) {
    return List.of("/usr/sbin", "/usr/bin", "/sbin", "/bin").stream()
        .map(directory -> Path.of(directory, tool))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(() -> new AssertionError("the rig has no " + tool));
  }

  /**
   * Changes a tool from now on.
   *
   * @param words only calls whose arguments contain this, in a shell pattern
   * @param shell what it does then; it is the real tool afterwards unless this ends it
   */
  void trouble(String tool, String words, String shell) {
    String text =
        "case \"$*\" in\n*%s*)\n%s\n;;\nesac\n".formatted(words.replace(" ", "\\ "), shell);
    try {
      Path fresh = Files.writeString(bed.path("trouble.new"), text);
      Files.move(
          fresh,
          bed.path("trouble." + tool),
          java.nio.file.StandardCopyOption.ATOMIC_MOVE,
          java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All tools are the real ones again. */
  void noTrouble() {
    for (String tool : List.of("rbd", "rados", "ceph", "mkfs.ext4", "mount", "umount")) {
      try {
        Files.deleteIfExists(bed.path("trouble." + tool));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /**
   * Makes a call, and lets a fault happen exactly when the call has come to a tool.
   *
   * @return the answer
   */
  PluginClient.Answer faultAt(
      String tool, String words, Runnable fault, Supplier<PluginClient.Answer> call) {
    Path reached = bed.path("reached");
    Path go = bed.path("go");
    trouble(
        tool,
        words,
        "if [ ! -e %s ]; then : >%s; while [ ! -e %s ]; do sleep 0.02; done; fi"
            .formatted(reached, reached, go));
    try {
      CompletableFuture<PluginClient.Answer> answer = CompletableFuture.supplyAsync(call, THREADS);
      Await.until(
          "the call comes to " + tool, BOUND, () -> Files.exists(reached) || answer.isDone());
      assertThat(reached).as("the call must come to " + tool + " " + words).exists();
      fault.run();
      Files.writeString(go, "");
      return answer.get(BOUND.toSeconds(), java.util.concurrent.TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError("the call did not end within " + BOUND, e);
    } finally {
      noTrouble();
      delete(reached);
      delete(go);
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Makes a call on a connection of its own. */
  static CompletableFuture<PluginClient.Answer> async(
      DocephDaemon daemon, Function<Plugin, PluginClient.Answer> call) {
    return CompletableFuture.supplyAsync(
        () -> {
          try (Plugin plugin = new Plugin(daemon)) {
            return call.apply(plugin);
          }
        },
        THREADS);
  }

  /** What only looks is answered at once, and shows this volume. */
  static void assertLooksAtOnce(Plugin plugin, String known) {
    atOnce("Activate", () -> plugin.client().post("/Plugin.Activate", "").status() == 200);
    atOnce("Capabilities", () -> plugin.call("Capabilities", "{}").status() == 200);
    atOnce("List", () -> plugin.names().contains(known));
    atOnce("Get", () -> plugin.volume(known).path("Name").asText().equals(known));
    atOnce("Path", () -> plugin.call("Path", "{\"Name\":\"" + known + "\"}").status() == 200);
  }

  private static void atOnce(String what, Supplier<Boolean> call) {
    long begin = System.nanoTime();
    assertThat(call.get()).as(what).isTrue();
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).as(what).isLessThan(AT_ONCE);
  }

  /** A refusal within the deadline that says in one sentence what and what to do. */
  static void assertRefused(Supplier<PluginClient.Answer> call, String... words) {
    long begin = System.nanoTime();
    PluginClient.Answer answer = call.get();
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(BOUND);
    assertRefused(answer, words);
  }

  static void assertRefused(PluginClient.Answer answer, String... words) {
    Plugin.refused(answer, 500);
    assertThat(answer.err()).contains(words);
  }

  /** A volume of another backend is mounted, written, read and unmounted within the time. */
  static void assertGoesOn(Plugin plugin, String name) throws IOException {
    long begin = System.nanoTime();
    Path file = plugin.mount(name, "w").resolve("f");
    Files.writeString(file, "goes on");
    assertThat(file).hasContent("goes on");
    plugin.unmount(name, "w");
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(AT_ONCE.multipliedBy(2));
  }

  /** Creates, mounts, writes, reads, unmounts and removes a volume. */
  static void assertAllWorks(Plugin plugin, String name, String options) throws IOException {
    plugin.create(name, options);
    Path file = plugin.mount(name, "w").resolve("f");
    Files.writeString(file, "works");
    assertThat(file).hasContent("works");
    plugin.unmount(name, "w");
    plugin.remove(name);
  }

  /** The images of all pools, those in the making and in the trash included. */
  List<String> images() {
    List<String> images = new ArrayList<>();
    for (String pool : POOLS) {
      rig.rbd("ls", pool).succeeded().out().lines().forEach(i -> images.add(pool + "/" + i));
      rig.rbd("trash", "ls", pool).succeeded().out().lines().forEach(i -> images.add("trash " + i));
    }
    return images;
  }

  /** The keys of the index of the pool volumes. */
  List<String> keys() {
    Command.Result listed = rig.rados("-p", "volumes", "listomapkeys", "doceph.index");
    return listed.exit() == 0 ? listed.out().lines().toList() : List.of();
  }

  /** What a failed call has begun is gone, or goes by itself. */
  void assertOnlyLeft(String... volumes) {
    List<String> wanted = Arrays.stream(volumes).map(v -> "volumes/" + v).toList();
    Await.until(
        () -> "only these are left: " + wanted + "; now " + images() + keys() + mapped() + log(),
        SOON,
        () ->
            images().equals(wanted)
                && keys().stream()
                    .filter(k -> !k.endsWith("/holder"))
                    .toList()
                    .equals(List.of(volumes))
                && bed.names("state/rbd-unfinished").isEmpty());
  }

  /** The claims on names of volumes in the pool volumes. */
  private List<String> claims() {
    return rig.rados("-p", "volumes", "ls")
        .succeeded()
        .out()
        .lines()
        .filter(o -> o.startsWith("doceph.name."))
        .toList();
  }

  private String log() {
    return "\n" + daemons.getLast().log();
  }

  /** What is mapped on this host. */
  List<String> mapped() {
    return bed.names("host/state");
  }

  /** Nothing at all is left: no image, key, map, mount, loop device or file. */
  void assertNothingIsLeft() {
    assertOnlyLeft();
    Await.until("no name is claimed", SOON, () -> claims().isEmpty());
    Await.until(
        () -> "nothing is mapped or mounted: " + mapped() + bed.mounts() + log(),
        SOON,
        () -> mapped().isEmpty() && bed.mounts().isEmpty() && keys().isEmpty());
    assertThat(bed.loops()).isEmpty();
    assertThat(bed.names("mnt")).isEmpty();
    assertThat(bed.names("run/mounts")).isEmpty();
    assertThat(bed.names("run/prepare")).isEmpty();
  }

  @Override
  public void close() {
    noTrouble();
    daemons.forEach(DocephDaemon::close);
    rig.unmapAll(host);
    bed.close();
    for (String image : images()) {
      String[] words = image.split(" ", -1);
      if (words[0].equals("trash")) {
        POOLS.forEach(pool -> rig.rbd("trash", "rm", "--force", pool + "/" + words[1]));
      } else {
        rig.rbd("rm", "--no-progress", image);
      }
    }
    claims().forEach(claim -> rig.rados("-p", "volumes", "rm", claim));
    POOLS.forEach(
        pool -> {
          String[] place = pool.split("/", -1);
          rig.rados("-p", place[0], "-N", place.length > 1 ? place[1] : "", "rm", "doceph.index");
        });
  }
}
