package io.doceph.host.process;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The failure of a command that even SIGKILL does not end, until a test lets it end. */
public final class StuckCommand {
  private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();
  private final CommandFailure failure;

  /** A stuck command of that program. */
  public StuckCommand(Path program) {
    failure =
        new CommandFailure(
            CommandFailure.Kind.STUCK,
            Command.of(program, CommandClass.LOCAL),
            "was killed and does not end",
            CommandFailure.Facts.none(Duration.ofSeconds(1)),
            ended);
  }

  /** What the runner throws. */
  public CommandFailure failure() {
    return failure;
  }

  /** It ends at last. */
  public void end() {
    ended.complete(null);
  }
}
