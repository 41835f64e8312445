package io.doceph.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** {@code doceph} itself: the options that every command takes, before or after its name. */
@Command(
    name = "doceph",
    description =
        "Docker volumes on Ceph RBD and on local backends: the daemon (serve) and its clients (all others).",
    footer = {
      "  doceph create vol1 --size 10G --backend loop",
      "  docker run -v vol1:/data --volume-driver doceph busybox ls /data",
      "  doceph list",
      "  doceph delete vol1",
      "",
      "'doceph COMMAND --help' tells all of a command."
    })
final class DocephCommand implements Callable<Integer> {
  @Option(
      names = "--socket",
      paramLabel = "PATH",
      scope = ScopeType.INHERIT,
      description =
          "The daemon's UNIX socket. Default: the environment's DOCEPH_SOCKET, else "
              + Session.DEFAULT_SOCKET
              + ".")
  @Nullable Path socket;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      scope = ScopeType.INHERIT,
      description =
          "How long to wait for the daemon. Default: "
              + Session.DEFAULT_TIMEOUT_SECONDS
              + ", longer than it takes over a volume; "
              + Session.LONG_TIMEOUT_SECONDS
              + " for doctor, import-legacy and trash purge.")
  @Nullable Integer timeoutSeconds;

  @Option(
      names = "--json",
      scope = ScopeType.INHERIT,
      description =
          "Print JSON: the daemon's answer on stdout, an error as {\"error\":{\"code\",\"message\"}} on stderr.")
  boolean json;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Print this help.")
  boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      scope = ScopeType.INHERIT,
      description = "Print doceph's version.")
  boolean version;

  @Spec @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    CommandSpec self = spec;
    if (self == null) {
      throw new IllegalStateException("picocli has not injected the command's model");
    }
    throw new ParameterException(self.commandLine(), "no command given");
  }
}
