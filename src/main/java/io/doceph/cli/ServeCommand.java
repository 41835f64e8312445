package io.doceph.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/**
 * {@code doceph serve}: help and parsing only, the daemon is booted by the caller of {@link Cli}.
 */
@Command(
    name = "serve",
    description = {
      "Runs the daemon in the foreground, until SIGTERM.",
      "",
      "Its configuration is /etc/doceph/application.properties, and each key also an environment variable (doceph.vfs.path is DOCEPH_VFS_PATH). "
          + "docs/configuration.md lists the keys."
    },
    footer = {
      "  systemctl start doceph",
      "  DOCEPH_CONFIG=/tmp/new.properties doceph serve --check",
      "  DOCEPH_BACKENDS=vfs DOCEPH_BACKEND=vfs DOCEPH_VFS_PATH=/srv/volumes doceph serve"
    })
final class ServeCommand implements Callable<Integer> {
  private final Session session;

  @Option(
      names = "--check",
      description =
          "Say what is wrong with the configuration (exit code 2) or nothing, and start nothing.")
  boolean check;

  ServeCommand(Session session) {
    this.session = session;
  }

  /** Takes what every other command inherits from {@code doceph} away from this one. */
  static void removeClientOptions(CommandSpec serve) {
    for (String name : List.of("--socket", "--timeout", "--json")) {
      serve.remove(serve.findOption(name));
    }
  }

  @Override
  public Integer call() {
    // They can still stand before the command's name.
    DocephCommand options = session.options();
    if (options.socket != null || options.timeoutSeconds != null || options.json) {
      throw new CliFailure(
          ErrorCode.INVALID_REQUEST,
          "serve takes no options of clients; set doceph.socket in /etc/doceph/application.properties or DOCEPH_SOCKET in the environment");
    }
    return check ? Cli.CHECK : Cli.SERVE;
  }
}
