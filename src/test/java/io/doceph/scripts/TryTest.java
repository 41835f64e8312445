package io.doceph.scripts;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** deploy/try in a project of its own, with a build and a daemon that are scripts. */
class TryTest {
  /** A daemon that writes down its environment, gets ready a little later and stays. */
  private static final String DAEMON =
      """
      case $1 in
        serve)
          trap 'echo daemon stopped; exit 0' TERM
          env | grep ^DOCEPH_ > env.txt
          sleep 1 & wait $!
          touch "$DOCEPH_SOCKET"
          while :; do sleep 1 & wait $!; done ;;
        info) [ "$2" = --socket ] && [ -e "$3" ] ;;
      esac
      """;

  @TempDir Path directory;

  private Path project = Path.of("");
  private final Map<String, String> environment = new HashMap<>();

  @BeforeEach
  void aProjectWithSpacesInItsPath() throws IOException {
    project = Files.createDirectories(directory.resolve("my project"));
    Files.createDirectories(project.resolve("deploy"));
    Files.copy(
        Script.project().resolve("deploy/try"),
        project.resolve("deploy/try"),
        StandardCopyOption.COPY_ATTRIBUTES);
    Script.write(
        project.resolve("mvnw"), "echo \"mvnw $*\"\nmkdir -p target\ncp daemon target/doceph\n");
    environment.put("TMPDIR", directory.toString());
    environment.put("DOCEPH_SOCKET", project.resolve("doceph.sock").toString());
  }

  @Test
  void buildsStartsSaysWhatToTryAndStopsTheDaemonWhenItIsStopped() throws Exception {
    // Given
    Script.write(project.resolve("daemon"), DAEMON);
    Path output = directory.resolve("output");

    // When
    Process attempt = Script.start(directory, environment, command(), output);
    boolean ready = waitFor(output, "inspect db1");
    attempt.destroy();
    boolean ended = attempt.waitFor(60, TimeUnit.SECONDS);

    // Then
    String text = Files.readString(output);
    assertThat(ready).as(text).isTrue();
    assertThat(ended).isTrue();
    assertThat(attempt.exitValue()).as(text).isZero();
    assertThat(text)
        .contains("for the JVM", "mvnw -q -B package -DskipTests\n")
        .contains(
            "  target/doceph --socket ./doceph.sock create db1\n", "daemon stopped", "Stopped");
    assertThat(Files.readString(project.resolve("env.txt")))
        .contains("DOCEPH_BACKEND=vfs\n", "DOCEPH_BACKENDS=vfs\n")
        .containsPattern("DOCEPH_VFS_PATH=.*/doceph-try\\..*/volumes\n");
  }

  @Test
  void buildsTheNativeExecutableWhenGraalvmIsThere() throws Exception {
    // Given a build that fails, so that this is all that happens
    Script.write(project.resolve("mvnw"), "echo \"mvnw $*\"\nexit 1\n");
    environment.put("GRAALVM_HOME", "/opt/graal");

    // When
    Script attempt = Script.run(directory, environment, command());

    // Then
    assertThat(attempt.exit()).isEqualTo(1);
    assertThat(attempt.output()).contains("mvnw -q -B package -DskipTests -Dnative\n");
    assertThat(attempt.output()).contains("the build failed");
  }

  @Test
  void endsWhenTheDaemonDoesNotStart() throws Exception {
    // Given
    Script.write(project.resolve("daemon"), "echo 'another doceph is running' >&2; exit 1\n");

    // When
    Script attempt = Script.run(directory, environment, command());

    // Then
    assertThat(attempt.exit()).isEqualTo(1);
    assertThat(attempt.output()).contains("another doceph is running", "did not start");
    try (var left = Files.list(directory)) {
      assertThat(left.filter(p -> p.toString().contains("doceph-try"))).isEmpty();
    }
  }

  @Test
  void whatItDoesNotKnowIsRefusedBeforeAnythingIsBuilt() throws Exception {
    Script attempt = Script.run(directory, environment, command("--cehp"));

    assertThat(attempt.exit()).isEqualTo(1);
    assertThat(attempt.output()).isEqualTo("deploy/try: usage: deploy/try [--ceph]\n");
  }

  private List<String> command(String... arguments) {
    return Stream.concat(Stream.of(project.resolve("deploy/try").toString()), Stream.of(arguments))
        .toList();
  }

  private static boolean waitFor(Path output, String text) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (System.nanoTime() < end) {
      if (Files.readString(output).contains(text)) {
        return true;
      }
      Thread.sleep(50);
    }
    return false;
  }
}
