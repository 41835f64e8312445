package io.doceph.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.doceph.rig.Command;
import io.doceph.rig.DocephDaemon;
import io.doceph.rig.PluginClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The plugin socket's file: who may use it, when it is there, and what is never touched. */
class SocketIT {
  /** The native executable starts in milliseconds, the JVM in a second or two. */
  private static final boolean NATIVE = Boolean.getBoolean("doceph.native");

  private static final int STARTS_WATCHED = NATIVE ? 20 : 3;
  private static final int STARTS_RACED = NATIVE ? 30 : 5;

  private final Bed bed = Bed.make();
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void stop() {
    threads.shutdownNow();
    bed.close();
  }

  @Test
  void itIsNeverWiderThanRootAlone() throws Exception {
    DocephDaemon daemon = bed.daemon();

    assertThat(seenWhileStarting(daemon)).containsExactly("rw------- " + groupOfUs());
  }

  @Test
  void itIsNeverWiderThanConfigured() throws Exception {
    String group = Bed.isRoot() ? "daemon" : groupOfUs();
    DocephDaemon daemon = bed.daemon("DOCEPH_SOCKET_MODE", "0660", "DOCEPH_SOCKET_GROUP", group);

    assertThat(seenWhileStarting(daemon)).containsExactly("rw-rw---- " + group);
  }

  @Test
  void anUnknownGroupIsRefused() {
    var result = bed.refusedServe("DOCEPH_SOCKET_GROUP", "no-such-group");

    refused(result, 1, "no-such-group");
    assertThat(bed.socket()).doesNotExist();
  }

  @Test
  void aStaleSocketIsReplaced() throws IOException {
    listen(bed.socket()).close();
    assertThat(bed.socket()).exists();

    DocephDaemon daemon = bed.start();

    try (Plugin plugin = new Plugin(daemon)) {
      assertThat(plugin.names()).isEmpty();
    }
  }

  @Test
  void aLiveSocketIsLeftAlone() throws IOException {
    try (ServerSocketChannel other = listen(bed.socket())) {
      Object inode = Files.getAttribute(bed.socket(), "unix:ino");

      var result = bed.refusedServe();

      refused(result, 1, "another doceph is running", bed.socket().toString());
      assertThat(Files.getAttribute(bed.socket(), "unix:ino")).isEqualTo(inode);
      assertThat(other.isOpen()).isTrue();
    }
  }

  @Test
  void aSecondDaemonIsRefusedByTheStateDirectory() {
    DocephDaemon daemon = bed.start();

    var result = bed.refusedServe("DOCEPH_SOCKET", bed.path("other.sock").toString());

    refused(result, 1, "another doceph", bed.path("state").toString());
    assertThat(result.err()).contains("process " + daemon.pid());
    assertThat(bed.path("other.sock")).doesNotExist();
  }

  @Test
  void whatIsNoSocketIsNeverTouched() throws IOException {
    Files.writeString(bed.path("file"), "precious");
    Files.createDirectory(bed.path("directory"));
    Files.createSymbolicLink(bed.path("link"), bed.path("file"));

    for (String name : new String[] {"file", "directory", "link"}) {
      var result = bed.refusedServe("DOCEPH_SOCKET", bed.path(name).toString());

      refused(result, 1, "is no socket", bed.path(name).toString());
    }
    assertThat(bed.path("file")).hasContent("precious");
    assertThat(bed.path("directory")).isDirectory();
    assertThat(bed.path("link")).isSymbolicLink();
  }

  @Test
  void aPathThatNoSocketCanHaveIsRefused() {
    String path = bed.path("x".repeat(110)).toString();

    refused(bed.refusedServe("DOCEPH_SOCKET", path), 1, "107 bytes");

    assertThat(bed.names(".")).doesNotContain("x".repeat(110));
    assertThat(bed.names(".")).noneMatch(name -> name.startsWith(".doceph"));
  }

  @Test
  void itGoesWithTheDaemon() {
    DocephDaemon daemon = bed.start();

    daemon.term();

    assertThat(bed.socket()).doesNotExist();
    assertThat(bed.names(".")).noneMatch(name -> name.startsWith(".doceph"));
  }

  @Test
  void anothersSocketStaysWhenTheDaemonGoes() throws IOException {
    DocephDaemon daemon = bed.start();
    Files.move(bed.socket(), bed.path("moved"));
    try (ServerSocketChannel other = listen(bed.socket())) {
      daemon.term();

      assertThat(bed.socket()).exists();
      assertThat(other.isOpen()).isTrue();
    }
  }

  @Test
  void noCallIsLostThatComesBeforeTheDaemonIsReady() throws Exception {
    DocephDaemon daemon = bed.daemon();
    for (int i = 0; i < STARTS_RACED; i++) {
      Future<Integer> early = threads.submit(() -> callAsSoonAsItIsThere(daemon));

      daemon.start();

      assertThat(outcome(early)).as("start %d", i).isEqualTo(200);
      daemon.term();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void systemdsSocketIsTakenOverAndStays(int secondsLate) throws Exception {
    // Given a socket on which somebody listens before the daemon is there
    DocephDaemon daemon = bed.activated(secondsLate);
    Future<Integer> early = threads.submit(() -> callAsSoonAsSomebodyListens(daemon));

    daemon.start();

    // Then the early call is answered, and the socket outlives the daemon
    assertThat(outcome(early)).isEqualTo(200);
    daemon.term();
    assertThat(bed.socket()).exists();
    // and the next daemon serves the next socket as well
    Files.delete(bed.socket());
    daemon.start();
    try (Plugin plugin = new Plugin(daemon)) {
      assertThat(plugin.names()).isEmpty();
    }
  }

  private Set<String> seenWhileStarting(DocephDaemon daemon) throws Exception {
    Set<String> seen = ConcurrentHashMap.newKeySet();
    for (int i = 0; i < STARTS_WATCHED; i++) {
      AtomicBoolean started = new AtomicBoolean();
      Future<Integer> watch = threads.submit(() -> watch(seen, started));
      daemon.start();
      started.set(true);
      outcome(watch);
      daemon.term();
    }
    return seen;
  }

  /** Writes down every mode and group of the socket, and insists that nobody sees it elsewhere. */
  private int watch(Set<String> seen, AtomicBoolean started) throws IOException {
    int looks = 0;
    while (!started.get() || looks == 0) {
      looks++;
      try {
        var now = Files.readAttributes(bed.socket(), PosixFileAttributes.class);
        seen.add(PosixFilePermissions.toString(now.permissions()) + " " + now.group().getName());
      } catch (IOException e) {
        // not there yet
      }
      try (Stream<Path> files = Files.list(bed.path("."))) {
        for (Path hidden :
            files.filter(f -> f.getFileName().toString().startsWith(".d")).toList()) {
          seen.addAll(modeOtherThan0700(hidden));
        }
      }
    }
    return looks;
  }

  private static Set<String> modeOtherThan0700(Path directory) {
    try {
      String mode = PosixFilePermissions.toString(Files.getPosixFilePermissions(directory));
      return mode.equals("rwx------") ? Set.of() : Set.of(directory + " " + mode);
    } catch (IOException e) {
      return Set.of(); // gone already
    }
  }

  private int callAsSoonAsItIsThere(DocephDaemon daemon) {
    while (!Files.exists(bed.socket())) {
      Thread.onSpinWait();
    }
    try (PluginClient client = daemon.client()) {
      return client.post("/VolumeDriver.List", "{}\n").status();
    }
  }

  /** Whoever stands for systemd here binds the socket and then listens: in between it refuses. */
  private int callAsSoonAsSomebodyListens(DocephDaemon daemon) throws IOException {
    while (true) {
      try {
        return callAsSoonAsItIsThere(daemon);
      } catch (UncheckedIOException e) {
        if (!(e.getCause() instanceof ConnectException)) {
          throw e;
        }
      }
    }
  }

  private static <T> T outcome(Future<T> future) throws Exception {
    try {
      return future.get(Bed.SOON.toSeconds(), java.util.concurrent.TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new AssertionError(e.getCause());
    }
  }

  private static ServerSocketChannel listen(Path path) throws IOException {
    ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    channel.bind(UnixDomainSocketAddress.of(path));
    return channel;
  }

  private static String groupOfUs() {
    return Command.of("id", "-gn").run().out();
  }

  static void refused(Command.Result result, int exit, String... words) {
    assertThat(result.exit()).as(result.err()).isEqualTo(exit);
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).startsWith("doceph: ").contains(words);
    assertThat(result.err()).doesNotContain("\n", "Exception", "io.doceph", "\tat ");
  }
}
