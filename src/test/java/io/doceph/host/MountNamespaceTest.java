package io.doceph.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Asked from JVMs that were started in other mount namespaces, as systemd or a container would. */
class MountNamespaceTest {

  private static final String NO_PROBLEM = "none";

  private final Path dir;

  MountNamespaceTest(@TempDir Path dir) throws Exception {
    this.dir = dir.toRealPath();
  }

  /** What the other JVM runs. */
  static final class Ask {
    private Ask() {}

    public static void main(String[] args) {
      System.out.println(MountNamespace.problem(Path.of(args[0])).orElse(NO_PROBLEM));
    }
  }

  @BeforeEach
  void needsRootAndNoPrivateNamespaceOfOurOwn() {
    Root.need("make a mount namespace");
  }

  private String askIn(String propagation, String preparation) throws Exception {
    String java = ProcessHandle.current().info().command().orElseThrow();
    String program = preparation + "; exec \"$0\" -cp \"$1\" \"$2\" \"$3\"";
    Process process =
        new ProcessBuilder(
                List.of(
                    "unshare",
                    "-m",
                    "--propagation",
                    propagation,
                    "sh",
                    "-c",
                    program,
                    java,
                    Objects.requireNonNull(System.getProperty("java.class.path")),
                    Ask.class.getName(),
                    dir.toString()))
            .redirectErrorStream(true)
            .start();
    String answer =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return answer;
  }

  @Test
  void aNamespaceOfOurOwnIsAProblem() throws Exception {
    assertThat(askIn("private", "true"))
        .startsWith("doceph runs in a mount namespace of its own")
        .contains(dir.toString(), "PrivateTmp=", "ProtectSystem=");
  }

  @Test
  void aSlaveIsAProblemAsWell() throws Exception {
    assertThat(askIn("slave", "true")).startsWith("doceph runs in a mount namespace of its own");
  }

  @Test
  void aDirectoryThatIsSharedIsNone() throws Exception {
    assertThat(
            askIn(
                "private", "mount --bind '%1$s' '%1$s'; mount --make-shared '%1$s'".formatted(dir)))
        .isEqualTo(NO_PROBLEM);
  }

  @Test
  void aDockerdInTheSameNamespaceIsNone() throws Exception {
    Path dockerd = dir.resolve("dockerd");
    Files.copy(Path.of("/bin/sleep"), dockerd);

    assertThat(askIn("private", "'%s' 20 >&- 2>&- & sleep 0.2".formatted(dockerd)))
        .isEqualTo(NO_PROBLEM);
  }

  @Test
  void inTheNamespaceOfTheFirstProcessThereIsNone() {
    assumeTrue(
        Processes.ownMountNamespace().equals(Processes.hostMountNamespace()),
        "the tests run in a mount namespace of their own");

    assertThat(MountNamespace.problem(dir)).isEmpty();
  }
}
