package io.doceph.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.doceph.rig.Await;
import io.doceph.rig.Certificates;
import io.doceph.rig.Command;
import io.doceph.rig.DocephDaemon;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TCP: off unless asked for, loopback alone unless clients prove who they are. */
class ListenIT {
  private final Bed bed = Bed.make();

  @AfterEach
  void stop() {
    bed.close();
  }

  @Test
  void nothingListensOnTcpUnlessConfigured() throws IOException {
    DocephDaemon daemon = bed.start();

    assertThat(listening(daemon.pid())).isEmpty();
  }

  @Test
  void healthAndMetricsAreOnThePortForThemAlone() throws Exception {
    int port = freePort();
    DocephDaemon daemon = bed.start("DOCEPH_MANAGEMENT", "127.0.0.1:" + port);

    Await.until("the port is open", Bed.SOON, () -> !listening(daemon.pid()).isEmpty());
    assertThat(listening(daemon.pid())).containsExactly("127.0.0.1:" + port);
    var health = get(port, "/health");
    assertThat(health.statusCode()).isEqualTo(200);
    assertThat(health.body()).contains("UP");
    var metrics = get(port, "/metrics");
    assertThat(metrics.statusCode()).isEqualTo(200);
    assertThat(metrics.body()).contains("# TYPE doceph_");
    assertThat(get(port, "/VolumeDriver.List").statusCode()).isEqualTo(404);
    try (Plugin plugin = new Plugin(daemon)) {
      for (String path : new String[] {"/health", "/health/live", "/metrics"}) {
        assertThat(plugin.client().request("GET", path, "").status()).isEqualTo(404);
      }
    }
  }

  @Test
  void aTakenManagementPortKeepsNoVolumeFromDocker() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      DocephDaemon daemon = bed.start("DOCEPH_MANAGEMENT", "127.0.0.1:" + taken.getLocalPort());

      try (Plugin plugin = new Plugin(daemon)) {
        plugin.create("anyway", "");
        assertThat(plugin.names()).containsExactly("anyway");
      }
      assertThat(daemon.log()).contains("health and metrics are not served");
    }
  }

  @Test
  void loopbackIsServedWhenAskedFor() throws Exception {
    int port = freePort();
    DocephDaemon daemon = bed.start("DOCEPH_LISTEN_TCP", "127.0.0.1:" + port);

    var list = post(port, "/VolumeDriver.List", "{}");

    assertThat(list.statusCode()).isEqualTo(200);
    assertThat(list.body()).contains("\"Volumes\":[]");
    assertThat(listening(daemon.pid())).containsExactly("127.0.0.1:" + port);
  }

  @Test
  void aTakenTcpPortIsARefusal() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + taken.getLocalPort();

      var result = bed.refusedServe("DOCEPH_LISTEN_TCP", address);

      assertThat(result.exit()).isEqualTo(1);
      assertThat(result.err()).contains("cannot listen on doceph.listen.tcp=" + address);
      assertThat(bed.socket()).doesNotExist();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0:9999", "192.0.2.1:9999", "[::]:9999", "example.invalid:9999"})
  void otherAddressesNeedTls(String address) {
    var result = bed.refusedServe("DOCEPH_LISTEN_TCP", address);

    SocketIT.refused(result, 2, "doceph.listen.tcp", "not a loopback address", "TLS");
  }

  @Test
  void managementIsLoopbackAlone() {
    var result = bed.refusedServe("DOCEPH_MANAGEMENT", "0.0.0.0:9650");

    SocketIT.refused(result, 2, "doceph.management", "not a loopback address");
  }

  @Test
  @Tag("rig")
  void tlsServesClientsWithACertificateAndNoOthers() throws IOException {
    // Given TLS with our own authority
    Path pems = Files.createDirectory(bed.path("pems"));
    Certificates.make(pems);
    int port = freePort();
    bed.start(
        "DOCEPH_LISTEN_TCP",
        "127.0.0.1:" + port,
        "DOCEPH_TLS_CERT",
        pems + "/server.pem",
        "DOCEPH_TLS_KEY",
        pems + "/server.key",
        "DOCEPH_TLS_CLIENT_CA",
        pems + "/ca.pem");

    String with = overTls(port, pems, "-cert " + pems + "/client.pem -key " + pems + "/client.key");
    String without = overTls(port, pems, "");
    String plain = plainly(port);

    assertThat(with).contains("200 OK", "\"Volumes\":[]");
    assertThat(without).doesNotContain("200 OK", "Volumes");
    assertThat(plain).doesNotContain("HTTP/1");
  }

  @Test
  void halfATlsConfigurationIsRefused() {
    var result =
        bed.refusedServe("DOCEPH_LISTEN_TCP", "127.0.0.1:9999", "DOCEPH_TLS_CERT", "/x/cert.pem");

    SocketIT.refused(result, 2, "doceph.tls.cert", "go together");
  }

  private static String overTls(int port, Path pems, String certificate) {
    String request = "POST /VolumeDriver.List HTTP/1.0\\r\\nContent-Length: 2\\r\\n\\r\\n{}";
    String client =
        "printf '%s' | timeout 10 openssl s_client -quiet -verify_return_error -connect 127.0.0.1:%d -CAfile %s/ca.pem %s"
            .formatted(request, port, pems, certificate);
    return Command.of("sh", "-c", client).run().out();
  }

  private static String plainly(int port) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.UTF_8));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  /** The TCP addresses on which a process listens. */
  private static List<String> listening(long pid) throws IOException {
    Set<String> inodes = new HashSet<>();
    try (Stream<Path> files = Files.list(Path.of("/proc/" + pid + "/fd"))) {
      for (Path file : files.toList()) {
        String target = target(file);
        if (target.startsWith("socket:[")) {
          inodes.add(target.substring("socket:[".length(), target.length() - 1));
        }
      }
    }
    assertThat(inodes).as("the plugin socket at least").isNotEmpty();
    List<String> addresses = new ArrayList<>();
    for (String table : new String[] {"tcp", "tcp6"}) {
      for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/net/" + table))) {
        String[] words = line.strip().split("\\s+", -1);
        if (words[3].equals("0A") && inodes.contains(words[9])) {
          addresses.add(shown(words[1]));
        }
      }
    }
    return addresses;
  }

  /** Where a descriptor leads; the daemon may have closed it since it was listed. */
  private static String target(Path descriptor) throws IOException {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (NoSuchFileException e) {
      return "";
    }
  }

  private static String shown(String hex) {
    String[] parts = hex.split(":", -1);
    String host = parts[0].endsWith("0100007F") ? "127.0.0.1" : parts[0];
    return host + ":" + Integer.parseInt(parts[1], 16);
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static HttpResponse<String> get(int port, String path) throws Exception {
    return send(HttpRequest.newBuilder(uri(port, path)).build());
  }

  private static HttpResponse<String> post(int port, String path, String body) throws Exception {
    return send(
        HttpRequest.newBuilder(uri(port, path))
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  private static HttpResponse<String> send(HttpRequest request) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(request, HttpResponse.BodyHandlers.ofString());
    }
  }

  private static URI uri(int port, String path) {
    return URI.create("http://127.0.0.1:" + port + path);
  }
}
