package io.doceph.rig;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The ways in which dockerd finds a plugin, each without a recorder between the two. */
class DiscoveryIT extends RigTest {
  private static final String TCP = "127.0.0.1:9911";

  /** A plugin that dockerd has met and that is away now would hold up each list. */
  @BeforeEach
  void dockerdKnowsNoPlugin() {
    rig().restartDockerd();
  }

  @Test
  void byASocket() {
    Path socket = discovery(rig().sockets().resolve("bysocket.sock"));
    DocephDaemon daemon = unstarted("loop", Map.of("DOCEPH_SOCKET", socket.toString())).start();

    works("bysocket", daemon);
  }

  @Test
  void byASpecWithASocket() throws IOException {
    DocephDaemon daemon = unstarted("loop", Map.of()).start();
    specify("byspec.spec", "unix://" + daemon.socket());

    works("byspec", daemon);
  }

  @Test
  void byASpecWithAnAddress() throws IOException {
    DocephDaemon daemon = unstarted("loop", Map.of("DOCEPH_LISTEN_TCP", TCP)).start();
    specify("bytcp.spec", "tcp://" + TCP);

    works("bytcp", daemon);
  }

  @Test
  void byAJsonFileWithMutualTls() throws IOException {
    // Given an authority, and a certificate of it for either side
    Path pki = Files.createDirectories(rig().directory().resolve("pki"));
    Certificates.make(pki);
    DocephDaemon daemon =
        unstarted(
                "loop",
                Map.of(
                    "DOCEPH_LISTEN_TCP", TCP,
                    "DOCEPH_TLS_CERT", pki.resolve("server.pem").toString(),
                    "DOCEPH_TLS_KEY", pki.resolve("server.key").toString(),
                    "DOCEPH_TLS_CLIENT_CA", pki.resolve("ca.pem").toString()))
            .start();
    specify(
        "bytls.json",
        """
        {"Name": "bytls", "Addr": "https://%s", "TLSConfig": {"InsecureSkipVerify": false,
         "CAFile": "%2$s/ca.pem", "CertFile": "%2$s/client.pem", "KeyFile": "%2$s/client.key"}}
        """
            .formatted(TCP, pki));

    works("bytls", daemon);

    // And one without a certificate is turned away
    Command.Result stranger =
        rig()
            .inside(
                "curl",
                "-sS",
                "--cacert",
                pki + "/ca.pem",
                "-X",
                "POST",
                "https://" + TCP + "/Plugin.Activate");
    assertThat(stranger.exit()).isNotZero();
    assertThat(stranger.out()).doesNotContain("VolumeDriver");
  }

  private void specify(String file, String content) throws IOException {
    Files.writeString(discovery(rig().specs().resolve(file)), content);
  }

  private void works(String driver, DocephDaemon daemon) {
    String volume = volume("found");
    docker("volume", "create", "-d", driver, volume);
    inContainer(volume, "echo data > /data/f");
    daemon.restart();
    assertThat(inContainer(volume, "cat /data/f")).isEqualTo("data");
    assertThat(docker("volume", "ls", "--format", "{{.Driver}} {{.Name}}"))
        .isEqualTo(driver + " " + volume);
    docker("volume", "rm", volume);
    assertThat(leftBy(daemon)).isEmpty();
  }
}
