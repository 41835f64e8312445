package io.doceph.observe;

import io.doceph.config.DocephConfig;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Whether Docker finds doceph, and whether it finds plugins that are dead: each of those costs
 * every {@code docker volume ls} 15 seconds.
 */
final class DiscoveryChecks {
  private static final Path SOCKETS = Path.of("/run/docker/plugins");
  private static final List<Path> SPECS =
      List.of(Path.of("/etc/docker/plugins"), Path.of("/usr/lib/docker/plugins"));

  private final DocephConfig config;

  DiscoveryChecks(DocephConfig config) {
    this.config = config;
  }

  List<Check> all() {
    List<Check> checks = new ArrayList<>();
    checks.add(socket());
    checks.add(found());
    stale(checks);
    return checks;
  }

  private Check socket() {
    Path socket = config.socket().path();
    try {
      return Check.ok(
          "socket",
          socket
              + ", mode "
              + PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)));
    } catch (IOException e) {
      return Check.problem(
          "socket", socket + " is gone: nobody can connect any more", "restart doceph");
    }
  }

  private Check found() {
    Path socket = config.socket().path();
    if (SOCKETS.equals(socket.getParent()) && socket.toString().endsWith(".sock")) {
      return Check.ok("discovery", "Docker finds doceph by its socket " + socket);
    }
    for (Path directory : SPECS) {
      Optional<Path> file = specIn(directory);
      if (file.isPresent()) {
        return Check.ok("discovery", "Docker finds doceph by " + file.get());
      }
    }
    return Check.warning(
        "discovery",
        "Docker does not look at " + socket + " by itself",
        "echo unix://" + socket + " > /etc/docker/plugins/doceph.spec");
  }

  private Optional<Path> specIn(Path directory) {
    try (var files = Files.newDirectoryStream(directory, "*.{spec,json}")) {
      for (Path file : files) {
        if (leadsHere(Files.readString(file))) {
          return Optional.of(file);
        }
      }
    } catch (IOException e) {
      return Optional.empty(); // no such directory, or a file that Docker cannot read either
    }
    return Optional.empty();
  }

  private boolean leadsHere(String spec) {
    return spec.contains(config.socket().toString())
        || config.listenTcp().map(a -> spec.contains(a.toString())).orElse(false);
  }

  private void stale(List<Check> checks) {
    try (var sockets = Files.newDirectoryStream(SOCKETS, "*.sock")) {
      for (Path socket : sockets) {
        if (!socket.equals(config.socket().path()) && !answers(socket)) {
          checks.add(
              Check.warning(
                  "stale plugin socket",
                  "nobody listens on " + socket + ": every `docker volume ls` waits 15 s for it",
                  "start its plugin, or rm " + socket));
        }
      }
    } catch (IOException e) {
      return; // no such directory: nothing stale in it
    }
  }

  private static boolean answers(Path socket) {
    try (SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      client.configureBlocking(false);
      client.connect(UnixDomainSocketAddress.of(socket));
      return true;
    } catch (IOException e) {
      return !String.valueOf(e.getMessage()).contains("refused");
    }
  }
}
