package io.doceph.cli;

import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code doceph completion}. */
@Command(
    name = "completion",
    description =
        "Prints a script that teaches the shell to complete doceph's commands and options with the Tab key.",
    footer = {
      "  bash, from now on (needs the package bash-completion):",
      "    doceph completion bash | sudo tee /etc/bash_completion.d/doceph >/dev/null",
      "  bash, this shell only:",
      "    source <(doceph completion bash)",
      "  zsh, from now on:",
      "    echo 'source <(doceph completion zsh)' >> ~/.zshrc"
    })
final class CompletionCommand implements Callable<Integer> {
  private final Session session;

  /** The shells there is a script for. */
  enum Shell {
    BASH,
    ZSH;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Parameters(paramLabel = "SHELL", description = "One of: ${COMPLETION-CANDIDATES}.")
  @Nullable Shell shell;

  @Spec @Nullable CommandSpec spec;

  CompletionCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    CommandSpec self = spec;
    if (self == null) {
      throw new IllegalStateException("picocli has not injected the command's model");
    }
    // One script for both: it loads bashcompinit when it runs in zsh.
    String script = AutoComplete.bash("doceph", self.root().commandLine());
    return session.print(
        Json.object().put("shell", String.valueOf(shell)).put("script", script), script);
  }
}
