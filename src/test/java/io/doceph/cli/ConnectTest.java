package io.doceph.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Finding the daemon, and what is said when it is not there. */
class ConnectTest {
  private static final String START =
      "; start the daemon with 'systemctl start doceph', or name its socket with --socket\n";

  private final Path directory;

  ConnectTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void theEnvironmentNamesTheSocket() throws IOException {
    try (FakeDaemon daemon = FakeDaemon.answering(directory, 200, "{\"volumes\":[]}")) {
      CliRun run = CliRun.with(Map.of("DOCEPH_SOCKET", daemon.socket.toString()), "list");

      assertThat(run.code()).isZero();
    }
  }

  @Test
  void theOptionOutranksTheEnvironment() throws IOException {
    try (FakeDaemon daemon = FakeDaemon.answering(directory, 200, "{\"volumes\":[]}")) {
      CliRun run =
          CliRun.with(
              Map.of("DOCEPH_SOCKET", "/nowhere"), "list", "--socket", daemon.socket.toString());

      assertThat(run.code()).isZero();
    }
  }

  @Test
  void noSuchSocket() {
    Path socket = directory.resolve("none.sock");

    CliRun text = CliRun.at(socket, "list");
    CliRun json = CliRun.at(socket, "list", "--json");

    String message = "cannot reach the daemon at " + socket + ": there is no such socket" + START;
    assertThat(text).isEqualTo(new CliRun(5, "", "doceph: " + message));
    assertThat(json)
        .isEqualTo(
            new CliRun(
                5,
                "",
                "{\"error\":{\"code\":\"unreachable\",\"message\":\""
                    + message.strip()
                    + "\"}}\n"));
  }

  @Test
  void aStaleSocketRefuses() throws IOException {
    Path socket = directory.resolve("stale.sock");
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(socket));
    }

    CliRun run = CliRun.at(socket, "list");

    assertThat(run)
        .isEqualTo(
            new CliRun(
                5,
                "",
                "doceph: cannot reach the daemon at "
                    + socket
                    + ": connection refused, nothing listens on it"
                    + START));
  }

  @Test
  void aFileIsNoSocket() throws IOException {
    Path file = Files.createFile(directory.resolve("file"));

    CliRun run = CliRun.at(file, "list");

    assertThat(run)
        .isEqualTo(
            new CliRun(
                5,
                "",
                "doceph: cannot reach the daemon at "
                    + file
                    + ": it is not a socket; name doceph's socket with --socket\n"));
  }

  @Test
  void aPathCanBeTooLongForASocket() {
    Path path = directory.resolve("x".repeat(200));

    CliRun run = CliRun.at(path, "list");

    assertThat(run.code()).isEqualTo(ExitCode.UNREACHABLE);
    assertThat(run.err())
        .endsWith(
            ": the path is longer than the 107 bytes of a UNIX socket's; name a shorter one with --socket\n");
  }

  // Root, as which tests may run, is never denied: only the wording is tested here.
  @Test
  void permissionDeniedSaysWhoMay() throws IOException {
    try (FakeDaemon daemon = FakeDaemon.answering(directory, 200, "{}")) {
      CliFailure failure =
          ConnectFailure.of(daemon.socket, new SocketException("Permission denied"));

      assertThat(failure.exitCode()).isEqualTo(ExitCode.UNREACHABLE);
      assertThat(failure)
          .hasMessageEndingWith(
              ": permission denied; run this as root or as a member of the socket's group, or name another socket with --socket");
    }
  }

  @Test
  void aFullQueueOfConnectionsIsNotWaitedForInVain() throws IOException {
    Path socket = directory.resolve("full.sock");
    List<SocketChannel> waiting = new ArrayList<>();
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(socket), 1);
      for (boolean full = false; !full; ) {
        SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX);
        waiting.add(client);
        client.configureBlocking(false);
        full = !connectsAtOnce(client, socket);
      }

      CliRun run = CliRun.at(socket, "list", "--timeout", "1");

      assertThat(run.code()).isEqualTo(ExitCode.UNREACHABLE);
      assertThat(run.err())
          .contains(": it has not accepted a connection within 1 s; look at the daemon");
    } finally {
      for (SocketChannel client : waiting) {
        client.close();
      }
    }
  }

  private static boolean connectsAtOnce(SocketChannel client, Path socket) {
    try {
      return client.connect(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void aTimeoutOfNothingIsRefused() {
    assertThat(CliRun.of("list", "--timeout", "0"))
        .isEqualTo(
            new CliRun(
                2,
                "",
                "doceph: --timeout is 0 but must be a number of seconds from 1, as in --timeout 30\n"));
  }
}
