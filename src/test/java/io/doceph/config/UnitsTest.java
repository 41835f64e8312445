package io.doceph.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** systemd has no includes: what the units of the one daemon say, their templates say again. */
class UnitsTest {
  private static final Path UNITS = Path.of("deploy/systemd");

  @ParameterizedTest
  @ValueSource(strings = {"socket", "service"})
  void theTemplateSaysWhatTheUnitSays(String kind) throws IOException {
    assertThat(lines("doceph@." + kind)).isEqualTo(lines("doceph." + kind));
  }

  /** Without comments, what tells an instance from the others, and its name. */
  private static List<String> lines(String unit) throws IOException {
    return Files.readAllLines(UNITS.resolve(unit)).stream()
        .filter(line -> !line.startsWith("#") && !line.startsWith("Environment=DOCEPH_"))
        .map(line -> line.replace(" (%i)", "").replaceAll("([@-])%i", ""))
        .toList();
  }
}
