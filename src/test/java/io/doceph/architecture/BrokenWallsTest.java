package io.doceph.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The rules hold against code that breaks them, so that {@link WallsTest} is worth something. */
class BrokenWallsTest {
  @TempDir Path directory;

  private final List<String> sources = new ArrayList<>();

  @Test
  void aRoomMayImportWhatTheTableNamesAndNothingElse() throws IOException {
    // Given
    source("config", "public record Size(long bytes) {}");
    source("host", "public class Machine { io.doceph.config.Size size; }");
    source("volume", "public class Service { io.doceph.host.Machine allowed; }");
    source("docker", "class Resource { io.doceph.host.Machine[] refused; }");

    // When
    List<String> violations = violations(Walls.table());

    // Then
    assertThat(violations).isNotEmpty().allMatch(v -> v.startsWith("docker may not import host: "));
  }

  @Test
  void theRunnerIsKeptFromTheRestOfItsParentRoom() throws IOException {
    // Given
    source("host", "public class Machine {}");
    source("config", "public record Size(long bytes) {}");
    source(
        "host.process.inner",
        "class Runner { io.doceph.host.Machine refused; io.doceph.config.Size refusedToo; }");

    // When
    List<String> violations = violations(Walls.table());

    // Then
    assertThat(violations).hasSize(2).allMatch(v -> v.startsWith("host.process may not import"));
  }

  @Test
  void aPackageWithoutARoomIsRefused() throws IOException {
    // Given
    source("util", "class Strings {}");

    // When, Then
    assertThat(violations(Walls.table()))
        .containsExactly("io.doceph.util.Strings is in no room: the table has no 'util'.");
  }

  @Test
  void roomsMayNotKnowEachOther() throws IOException {
    // Given
    source("volume", "public class Service { io.doceph.backend.vfs.Vfs vfs; }");
    source("backend.vfs", "public class Vfs { io.doceph.volume.Service service; }");

    // When, Then
    assertThat(violations(Walls.noCycles())).hasSize(1);
  }

  @Test
  void onlyTheRunnerStartsPrograms() throws IOException {
    // Given
    source("host.process", "class Runner { Object allowed = new ProcessBuilder(\"true\"); }");
    source("host", "class Mkfs { Object refused = new ProcessBuilder(\"mkfs\"); }");
    source(
        "volume",
        "class Exec { void refused() throws Exception { Runtime.getRuntime().exec(\"x\"); } }");
    source("server", "class Hook { void allowed() { Runtime.getRuntime().gc(); } }");

    // When
    List<String> violations = violations(Walls.processesOnlyInHostProcess());

    // Then
    assertThat(violations).isNotEmpty().allMatch(v -> v.contains("Mkfs") || v.contains("Exec"));
    assertThat(violations).anyMatch(v -> v.contains("Mkfs")).anyMatch(v -> v.contains("Exec"));
  }

  @Test
  void onlyTheServerKnowsVertx() throws IOException {
    // Given
    source("server", "class Transport { io.vertx.core.Vertx allowed; }");
    source("docker", "class Resource { io.vertx.core.Vertx refused; }");

    // When, Then
    assertThat(violations(Walls.vertxOnlyInServer())).hasSize(1).first().asString().contains("doc");
  }

  @Test
  void theRunnerNeedsNothingButTheJdk() throws IOException {
    // Given
    source(
        "host.process",
        "class Runner { java.nio.file.Path allowed; int[] too; org.jboss.logging.Logger refused; }");

    // When, Then
    assertThat(violations(Walls.processRunnerNeedsTheJdkAlone()))
        .hasSize(1)
        .first()
        .asString()
        .contains("Logger");
  }

  @Test
  void aBackendNeverCallsTheService() throws IOException {
    // Given
    source("volume", "public class VolumeService {}");
    source("backend.rbd", "class Rbd { io.doceph.volume.VolumeService refused; }");

    // When, Then
    assertThat(violations(Walls.backendsNeverCallTheService())).hasSize(1);
  }

  @Test
  void theCommandLineKnowsOnlyWireRecords() throws IOException {
    // Given
    source("admin", "public record Wire(String name) {}");
    source("admin", "public class Resource {}");
    source("cli", "class Client { io.doceph.admin.Wire allowed; }");
    source("cli", "class Sneaky { io.doceph.admin.Resource refused; }");

    // When, Then
    assertThat(violations(Walls.cliKnowsOnlyWireRecords()))
        .hasSize(1)
        .first()
        .asString()
        .contains("Sneaky");
  }

  private void source(String room, String type) throws IOException {
    String name = type.replaceFirst("^.*?(?:class|record) (\\w+).*$", "$1");
    Path file =
        directory.resolve("src/io/doceph").resolve(room.replace('.', '/')).resolve(name + ".java");
    Files.createDirectories(file.getParent());
    Files.writeString(file, "package io.doceph." + room + ";\n" + type + "\n");
    sources.add(file.toString());
  }

  /** Compiles what was given and applies the rule to it. */
  private List<String> violations(ArchRule rule) throws IOException {
    Path classes = Files.createDirectories(directory.resolve("classes"));
    var arguments = new ArrayList<String>(List.of("-proc:none", "-d", classes.toString()));
    arguments.addAll(sources);
    var messages = new ByteArrayOutputStream();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    int result = compiler.run(null, null, messages, arguments.toArray(String[]::new));
    assertThat(result).as(messages.toString(StandardCharsets.UTF_8)).isZero();
    return rule.evaluate(new ClassFileImporter().importPath(classes))
        .getFailureReport()
        .getDetails();
  }
}
