package io.doceph.scripts;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ScriptsTest {
  private static final List<String> PLACES = List.of(".ci", ".mvn", "deploy", "src");

  @ParameterizedTest
  @MethodSource("scripts")
  void theShellUnderstandsIt(Path script) throws Exception {
    // Given
    String shell = shellOf(script);

    // When
    Script check = Script.run(Script.project(), Map.of(), List.of(shell, "-n", script.toString()));

    // Then
    assertThat(check.output()).isEmpty();
    assertThat(check.exit()).isZero();
    assertThat(script).as("a script can be executed").isExecutable();
  }

  @Test
  void theScriptsAreFound() throws IOException {
    assertThat(scripts())
        .extracting(script -> Script.project().relativize(script).toString())
        .contains("mvnw", "deploy/try", ".ci/run", ".ci/native-kit", ".mvn/launcher");
  }

  /** All files that begin with the line of a shell. */
  static List<Path> scripts() throws IOException {
    var scripts = new ArrayList<Path>(List.of(Script.project().resolve("mvnw")));
    for (String place : PLACES) {
      try (Stream<Path> files = Files.walk(Script.project().resolve(place))) {
        for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
          if (!shellOf(file).isEmpty()) {
            scripts.add(file);
          }
        }
      }
    }
    return scripts;
  }

  private static String shellOf(Path file) throws IOException {
    byte[] head;
    try (var in = Files.newInputStream(file)) {
      head = in.readNBytes(64);
    }
    String first = new String(head, StandardCharsets.ISO_8859_1).lines().findFirst().orElse("");
    if (!first.startsWith("#!")) {
      return "";
    }
    return first.endsWith("bash") ? "bash" : first.endsWith("/sh") ? "sh" : "";
  }
}
