package io.doceph.cli;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code doceph trash}: removed volumes that can still be brought back. */
@Command(
    name = "trash",
    description = "Shows removed volumes, brings them back, or deletes them for good.",
    footer = {
      "  doceph trash list",
      "  doceph trash restore vol1",
      "  doceph trash purge --expired",
      "",
      "'doceph trash COMMAND --help' tells all of a command."
    })
final class TrashCommand implements Callable<Integer> {
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
