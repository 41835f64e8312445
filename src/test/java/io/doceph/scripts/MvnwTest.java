package io.doceph.scripts;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** mvnw in a project of its own, with JDKs and Mavens that are scripts. */
class MvnwTest {
  private static final String ASKED = "asked";

  /** What a Maven of ours says: its version if asked, else what it was called with. */
  private static final String MAVEN =
      """
      if [ "$1" = -v ]; then printf '\\033[1mApache Maven VERSION (abc)\\033[m\\n'; exit; fi
      printf '%s\\n' "maven VERSION" "java=$JAVA_HOME" "dir=$(pwd)"
      for a in "$@"; do printf 'arg=%s\\n' "$a"; done
      """;

  @TempDir Path directory;

  private Path project = Path.of("");
  private final Map<String, String> environment = new HashMap<>();

  @BeforeEach
  void aProjectWithSpacesInItsPath() throws IOException {
    project = Files.createDirectories(directory.resolve("my project/it's"));
    Files.copy(
        Script.project().resolve("mvnw"),
        project.resolve("mvnw"),
        StandardCopyOption.COPY_ATTRIBUTES);
    environment.put("DOCEPH_JDK_DIRS", directory.resolve("none").toString());
    environment.put("MAVEN_USER_HOME", directory.resolve("m 2").toString());
    environment.put("DOCEPH_MAVEN_URL", "file://" + directory.resolve("absent.tar.gz"));
    environment.put("PATH", toolsWithoutJavaAndMaven());
  }

  @Test
  void takesJavaHomeAndTheInstalledMavenAndHandsOnEveryArgument() throws Exception {
    // Given
    environment.put("JAVA_HOME", jdk("my jdk", "25.0.3").toString());
    environment.put("GRAALVM_HOME", jdk("graal", "25.0.2").toString());
    installMaven("3.9.9");

    // When
    Script mvnw = mvnw("-Dx=a b", ASKED);

    // Then
    assertThat(mvnw.output().lines())
        .containsExactly(
            "maven 3.9.9",
            "java=" + directory.resolve("my jdk"),
            "dir=" + project,
            "arg=-Dx=a b",
            "arg=" + ASKED);
    assertThat(mvnw.exit()).isZero();
  }

  @Test
  void passesOverAJavaHomeOfAnotherVersionForGraalvm() throws Exception {
    // Given
    environment.put("JAVA_HOME", jdk("old", "17.0.15").toString());
    environment.put("GRAALVM_HOME", jdk("graal", "25").toString());
    installMaven("3.8.6");

    // When, Then
    assertThat(mvnw(ASKED).output()).contains("java=" + directory.resolve("graal") + "\n");
  }

  @Test
  void looksWhereJdksAreKeptThenInPath() throws Exception {
    // Given neither JAVA_HOME nor GRAALVM_HOME
    installMaven("4.0.0");
    Path inPath = jdk("in path", "25-ea");
    Files.createSymbolicLink(directory.resolve("alternative"), inPath.resolve("bin/java"));
    Files.createSymbolicLink(tools().resolve("java"), directory.resolve("alternative"));

    // When
    String fromPath = mvnw(ASKED).output();
    jdk("jvm one/a-jdk-250", "250.1");
    jdk("jvm two/jdk-25", "25.0.1");
    environment.put(
        "DOCEPH_JDK_DIRS", directory.resolve("jvm one") + ":" + directory.resolve("jvm two"));
    String fromDirectory = mvnw(ASKED).output();

    // Then
    assertThat(fromPath).contains("java=" + inPath + "\n");
    assertThat(fromDirectory).contains("java=" + directory.resolve("jvm two/jdk-25") + "\n");
  }

  @Test
  void saysInOneSentenceWhatToInstallWhenThereIsNoJdk() throws Exception {
    // Given a runtime without a compiler, which is no JDK
    Files.delete(jdk("jre", "25.0.1").resolve("bin/javac"));
    environment.put("JAVA_HOME", directory.resolve("jre").toString());
    installMaven("3.9.9");

    // When
    Script mvnw = mvnw(ASKED);

    // Then
    assertThat(mvnw.exit()).isEqualTo(1);
    assertThat(mvnw.output().lines())
        .hasSize(1)
        .first()
        .asString()
        .contains("no JDK 25", "install");
  }

  @Test
  void fetchesThePinnedMavenOnceWhenTheInstalledOneIsTooOld() throws Exception {
    // Given
    environment.put("JAVA_HOME", jdk("jdk", "25.0.3").toString());
    installMaven("3.8.5");
    pin(archive());

    // When
    Script first = mvnw(ASKED);
    Files.delete(directory.resolve("maven.tar.gz"));
    Script second = mvnw(ASKED);

    // Then
    assertThat(first.output()).contains("fetching", "maven pinned\n", "arg=" + ASKED);
    assertThat(second.output()).doesNotContain("fetching").contains("maven pinned\n");
    try (var left = Files.list(directory.resolve("m 2/wrapper"))) {
      assertThat(left).hasSize(1);
    }
  }

  @Test
  void neverUsesAnArchiveWithAnotherChecksum() throws Exception {
    // Given no Maven at all, and an archive that is not the pinned one
    environment.put("JAVA_HOME", jdk("jdk", "25.0.3").toString());
    environment.put("DOCEPH_MAVEN_URL", "file://" + archive());

    // When
    Script mvnw = mvnw(ASKED);

    // Then
    assertThat(mvnw.exit()).isEqualTo(1);
    assertThat(mvnw.output()).contains("SHA-512", "was not used").doesNotContain("maven pinned");
    try (var left = Files.list(directory.resolve("m 2/wrapper"))) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void saysWhatToDoWhenTheArchiveCannotBeHad() throws Exception {
    // Given an address where nothing is
    environment.put("JAVA_HOME", jdk("jdk", "25.0.3").toString());

    // When
    Script mvnw = mvnw(ASKED);

    // Then
    assertThat(mvnw.exit()).isEqualTo(1);
    assertThat(mvnw.output()).contains("could not be fetched", "install Maven");
  }

  private Script mvnw(String... arguments) throws Exception {
    var command = new ArrayList<String>(List.of(project.resolve("mvnw").toString()));
    command.addAll(List.of(arguments));
    return Script.run(directory, environment, command);
  }

  private Path jdk(String name, String version) throws IOException {
    Path home = directory.resolve(name);
    Script.write(home.resolve("bin/java"), "");
    Script.write(home.resolve("bin/javac"), "");
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
    return home;
  }

  private void installMaven(String version) throws IOException {
    Script.write(tools().resolve("mvn"), MAVEN.replace("VERSION", version));
  }

  /** An archive like Apache's, with a Maven of ours in it. */
  private Path archive() throws Exception {
    Script.write(
        directory.resolve("pack/apache-maven-3.9.11/bin/mvn"), MAVEN.replace("VERSION", "pinned"));
    Path archive = directory.resolve("maven.tar.gz");
    Script.run(
        directory.resolve("pack"),
        Map.of(),
        List.of("tar", "czf", archive.toString(), "apache-maven-3.9.11"));
    return archive;
  }

  /** Makes the copy of mvnw expect this archive. */
  private void pin(Path archive) throws Exception {
    String sum =
        Script.run(directory, Map.of(), List.of("sha512sum", archive.toString()))
            .output()
            .substring(0, 128);
    Path mvnw = project.resolve("mvnw");
    String text =
        Files.readString(mvnw).replaceFirst("(?m)^sha512=[0-9a-f]{128}$", "sha512=" + sum);
    Files.writeString(mvnw, text);
    assertThat(text).contains(sum);
    environment.put("DOCEPH_MAVEN_URL", "file://" + archive);
  }

  private Path tools() {
    return directory.resolve("tools");
  }

  /** A PATH with nothing in it but what mvnw may rely on. */
  private String toolsWithoutJavaAndMaven() throws IOException {
    for (String tool :
        List.of(
            "sh",
            "dirname",
            "grep",
            "sed",
            "head",
            "awk",
            "readlink",
            "mkdir",
            "mktemp",
            "rm",
            "cp",
            "mv",
            "cut",
            "tar",
            "gzip",
            "sha512sum")) {
      // not a link: JUnit warns of each link that leads out of its directory
      String real = Files.exists(Path.of("/usr/bin", tool)) ? "/usr/bin/" : "/bin/";
      Script.write(tools().resolve(tool), "exec " + real + tool + " \"$@\"\n");
    }
    return tools().toString();
  }
}
