package io.doceph.rig;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * The packages of the executable under test.
 *
 * @param rpm the RPM
 * @param deb the DEB
 * @param sbom the bill of materials
 */
record Packages(Path rpm, Path deb, Path sbom) {
  private static final Duration DEADLINE = Duration.ofMinutes(3);

  static final Packages NONE = new Packages(Path.of(""), Path.of(""), Path.of(""));

  private static Packages shared = NONE;

  /** Those of the project's version, built once for all tests. */
  static synchronized Packages ofTheExecutable() {
    if (shared.equals(NONE)) {
      shared = build(Path.of("target/packages").toAbsolutePath(), Map.of());
    }
    return shared;
  }

  /** Builds them into a directory. */
  static Packages build(Path directory, Map<String, String> environment, String... arguments) {
    var command =
        new ArrayList<>(
            List.of(
                Path.of("deploy/package/build").toAbsolutePath().toString(),
                "--executable",
                DocephDaemon.executable(),
                "--out",
                directory.toString()));
    command.addAll(Arrays.asList(arguments));
    List<Path> made =
        new Command(command, environment, DEADLINE)
            .run()
            .succeeded()
            .out()
            .lines()
            .map(Path::of)
            .toList();
    return new Packages(made.get(0), made.get(1), made.get(2));
  }

  List<Path> all() {
    return List.of(rpm, deb, sbom);
  }

  /** Whether the executable under test is one that packages can be made of. */
  static boolean canBeBuilt() {
    try (var in = Files.newInputStream(Path.of(DocephDaemon.executable()))) {
      return Arrays.equals(in.readNBytes(4), new byte[] {0x7f, 'E', 'L', 'F'});
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
