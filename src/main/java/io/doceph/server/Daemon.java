package io.doceph.server;

import io.doceph.config.ConfigLoader;
import io.doceph.config.ConfigProblem;
import io.doceph.config.DocephConfig;
import io.doceph.volume.CutPoints;
import io.quarkus.runtime.Quarkus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/**
 * {@code doceph serve}: checks everything that can keep the daemon from starting and says so in one
 * sentence each, opens the socket (Docker's first call may already wait in it), then boots Quarkus.
 */
public final class Daemon {
  private static final int FAILED = 1;

  /** systemd does not try again then. */
  private static final int FOR_GOOD = 2;

  private Daemon() {}

  /** Runs until the process is told to stop; returns only when it cannot start. */
  public static int run() {
    nameHost();
    try {
      DocephConfig config = ConfigLoader.load(System.getenv());
      Path stateDir = directory(config.stateDir().path());
      directory(config.runDir().path());
      CutPoints.of(config.fault().killAt().orElse(null), stateDir);
      StateLock lock = StateLock.take(stateDir);
      StateFormat.claim(stateDir);
      PluginSocket socket =
          PluginSocket.open(
              config.socket().path(), config.socketMode(), config.socketGroup().orElse(null));
      UnixTransport.offer(socket.channel());
      Launched.set(new Launched(config, socket, lock));
    } catch (ConfigProblem e) {
      return refused(e);
    } catch (StartRefused e) {
      System.err.println("doceph: " + e.getMessage());
      return e.isForGood() ? FOR_GOOD : FAILED;
    } catch (IllegalArgumentException e) {
      System.err.println("doceph: " + e.getMessage());
      return FAILED;
    }
    ConfigLoader.file(System.getenv())
        .ifPresent(file -> System.setProperty("quarkus.config.locations", file.toString()));
    Quarkus.run();
    return 0;
  }

  /** Checks the configuration as a start would, and touches nothing; the exit code. */
  public static int check() {
    try {
      ConfigLoader.load(System.getenv());
      return 0;
    } catch (ConfigProblem e) {
      return refused(e);
    }
  }

  private static int refused(ConfigProblem e) {
    e.problems().forEach(p -> System.err.println("doceph: " + p));
    return FOR_GOOD;
  }

  /**
   * Tells the log library the host's name. It would look it up on the network otherwise, and a
   * start that waits for a name server is one that Docker waits for.
   */
  private static void nameHost() {
    String name = HostName.read();
    for (String key : List.of("jboss.host.name", "jboss.qualified.host.name", "jboss.node.name")) {
      if (System.getProperty(key) == null) {
        System.setProperty(key, name);
      }
    }
  }

  private static Path directory(Path path) {
    try {
      if (!Files.isDirectory(path)) {
        Path parent = path.getParent();
        if (parent != null) {
          Files.createDirectories(parent);
        }
        Files.createDirectory(
            path,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx--x--x")));
      }
      return path;
    } catch (IOException e) {
      throw new StartRefused(
          "cannot make the directory "
              + path
              + " ("
              + e.getClass().getSimpleName().replace("Exception", "")
              + "); run doceph as root, or choose other directories (doceph.state-dir, doceph.run-dir)");
    }
  }
}
