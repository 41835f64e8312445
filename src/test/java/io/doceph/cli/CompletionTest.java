package io.doceph.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompletionTest {
  private final Path directory;

  CompletionTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void bashKnowsTheScriptsGrammar() throws IOException, InterruptedException {
    Path script =
        Files.writeString(directory.resolve("doceph"), CliRun.of("completion", "bash").out());

    assertThat(bash("bash -n " + script)).isEqualTo("0 ");
  }

  @Test
  void theTabKeyCompletesCommandsAndOptions() throws IOException, InterruptedException {
    Path script =
        Files.writeString(directory.resolve("doceph"), CliRun.of("completion", "bash").out());
    String press =
        ". "
            + script
            + "; COMP_LINE=x; COMP_CWORD=${#COMP_WORDS[@]}; ((COMP_CWORD--)); _complete_doceph 2>/dev/null; echo ${COMPREPLY[*]}";

    assertThat(bash("COMP_WORDS=(doceph insp); " + press)).isEqualTo("0 inspect\n");
    assertThat(bash("COMP_WORDS=(doceph create --si); " + press)).isEqualTo("0 --size\n");
    assertThat(bash("COMP_WORDS=(doceph st); " + press)).isEqualTo("0 steal\n");
    assertThat(bash("COMP_WORDS=(doceph trash re); " + press)).isEqualTo("0 restore\n");
    assertThat(bash("COMP_WORDS=(doceph trash purge --ex); " + press)).isEqualTo("0 --expired\n");
    assertThat(bash("COMP_WORDS=(doceph import-legacy --dr); " + press)).isEqualTo("0 --dry-run\n");
  }

  @Test
  void zshGetsAScriptThatLoadsBashsCompletion() {
    CliRun run = CliRun.of("completion", "ZSH");

    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("bashcompinit");
  }

  @Test
  void anotherShellIsRefused() {
    CliRun run = CliRun.of("completion", "fish");

    assertThat(run.code()).isEqualTo(ExitCode.INVALID);
    assertThat(run.err()).contains("'fish'").contains("see 'doceph completion --help'");
  }

  private static String bash(String script) throws IOException, InterruptedException {
    Process bash =
        new ProcessBuilder("bash", "--norc", "-c", script).redirectErrorStream(true).start();
    String output =
        new String(bash.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    return bash.waitFor() + " " + output;
  }
}
