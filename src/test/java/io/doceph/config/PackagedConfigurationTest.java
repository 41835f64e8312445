package io.doceph.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * The configuration file that the packages install: every key, commented out, with its default and
 * explained.
 */
@ExtendWith(WithoutBuildProperties.class)
class PackagedConfigurationTest {
  private static List<String> lines = List.of();

  private final Path file;

  PackagedConfigurationTest(@TempDir Path dir) {
    file = dir.resolve("application.properties");
  }

  @BeforeAll
  static void make() throws IOException, InterruptedException {
    Process script =
        new ProcessBuilder("deploy/package/properties")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    lines = script.inputReader().lines().toList();
    assertThat(script.waitFor()).isZero();
  }

  @Test
  void itHasEveryKeyOnceAndNoOther() {
    List<String> keys =
        lines.stream()
            .filter(PackagedConfigurationTest::isKey)
            .map(line -> line.substring(1, line.indexOf(" =")))
            .toList();

    assertThat(keys)
        .containsExactlyInAnyOrderElementsOf(
            ConfigKeys.all().stream().map(ConfigKeys.Key::name).toList());
  }

  @Test
  void everyKeyIsExplainedInPlainWords() {
    for (int i = 0; i < lines.size(); i++) {
      if (isKey(lines.get(i))) {
        assertThat(lines.get(i - 1)).as(lines.get(i)).matches("# .*[.]");
      }
    }
    assertThat(lines).noneMatch(line -> line.contains("`") || line.contains("]("));
  }

  @Test
  void asItIsItChangesNothing() throws IOException {
    assertThat(lines).allMatch(line -> line.isEmpty() || line.startsWith("#"));
    assertHasTheDefaults(load(lines));
  }

  @Test
  void whatItSaysIsTheDefaultIsTheDefault() throws IOException {
    List<String> said =
        lines.stream()
            .filter(PackagedConfigurationTest::isKey)
            .map(line -> line.substring(1))
            .toList();

    assertHasTheDefaults(load(said.stream().filter(line -> !line.endsWith(" =")).toList()));

    assertThat(said.stream().filter(line -> line.endsWith(" =")))
        .as("those without a default")
        .containsExactlyInAnyOrderElementsOf(
            rows()
                .filter(row -> row.standard().equals("Optional.empty"))
                .map(row -> row.key() + " =")
                .toList());
  }

  private static void assertHasTheDefaults(DocephConfig config) {
    rows().forEach(row -> assertThat(row.of(config)).as(row.key()).isEqualTo(row.standard()));
  }

  private DocephConfig load(List<String> text) throws IOException {
    Files.write(file, text);
    return ConfigLoader.load(Map.of("DOCEPH_CONFIG", file.toString()));
  }

  private static Stream<ConfigTable.Row> rows() {
    return Stream.concat(ConfigTable.ROWS.stream(), ConfigTable.TLS.stream());
  }

  private static boolean isKey(String line) {
    return line.startsWith("#doceph.");
  }
}
