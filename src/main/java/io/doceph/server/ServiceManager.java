package io.doceph.server;

import io.doceph.host.MissingToolException;
import io.doceph.host.Tools;
import io.doceph.host.process.Command;
import io.doceph.host.process.CommandClass;
import io.doceph.host.process.CommandFailure;
import io.doceph.host.process.CommandResult;
import io.doceph.host.process.Deadline;
import io.doceph.host.process.ProcessRunner;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * Tells systemd how the daemon is, when that started it with {@code Type=notify} (sd_notify(3)). By
 * {@code systemd-notify}, because Java has no datagram sockets in the file system; beside other
 * work, because whoever calls waits for no systemd.
 */
@Singleton
class ServiceManager {
  private static final Logger LOG = Logger.getLogger(ServiceManager.class);
  private static final String SOCKET = "NOTIFY_SOCKET";
  private static final Duration TIME = Duration.ofSeconds(10);

  private final Tools tools;
  private final ProcessRunner runner;

  ServiceManager(Tools tools, ProcessRunner runner) {
    this.tools = tools;
    this.runner = runner;
  }

  /** The daemon answers from now on. */
  void ready(String status) {
    String socket = System.getenv(SOCKET);
    if (socket != null) {
      Thread.ofPlatform()
          .daemon()
          .name("notify")
          .start(() -> tell(socket, List.of("--ready", "--status=" + status)));
    }
  }

  /** The daemon begins to end. */
  void stopping() {
    String socket = System.getenv(SOCKET);
    if (socket != null) {
      // Not --stopping, which systemd has since version 253.
      tell(socket, List.of("--status=ends; what is mounted stays mounted", "STOPPING=1"));
    }
  }

  private void tell(String socket, List<String> what) {
    try {
      CommandResult unused =
          runner.run(
              Command.of(tools.require("systemd-notify"), CommandClass.LOCAL)
                  .args(what)
                  .env(SOCKET, socket)
                  .deadline(Deadline.after(TIME)));
    } catch (CommandFailure | MissingToolException e) {
      LOG.warnf("systemd could not be told %s: %s", what.getFirst(), e.getMessage());
    }
  }
}
