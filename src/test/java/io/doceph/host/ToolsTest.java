package io.doceph.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ToolsTest {

  private final Path dir;

  ToolsTest(@TempDir Path dir) {
    this.dir = dir;
  }

  private Path program(String name) throws Exception {
    Path program = Files.writeString(dir.resolve(name), "#!/bin/sh\n");
    assertThat(program.toFile().setExecutable(true)).isTrue();
    return program;
  }

  @Test
  void findsAToolInTheUsualPlaces() {
    Tools tools = new Tools(Map.of());

    assertThat(tools.require("mount")).isExecutable().isAbsolute().hasFileName("mount");
    assertThat(tools.find("no-such-tool")).isEmpty();
  }

  @Test
  void whatIsConfiguredComesFirst() throws Exception {
    Path mine = program("my-mount");

    assertThat(new Tools(Map.of("mount", mine)).require("mount")).isEqualTo(mine);
  }

  @Test
  void aMissingToolNamesThePackage() {
    Tools tools = new Tools(Map.of());

    assertThatThrownBy(() -> tools.require("no-such-tool"))
        .isInstanceOf(MissingToolException.class)
        .hasMessageContaining("no-such-tool is not installed")
        .hasMessageContaining("set doceph.tools.no-such-tool");
    assertThatThrownBy(() -> new Tools(Map.of("mkfs.xfs", dir.resolve("gone"))).require("mkfs.xfs"))
        .isInstanceOf(MissingToolException.class)
        .hasMessageContaining("doceph.tools.mkfs.xfs is set to " + dir.resolve("gone"));
  }

  @Test
  void aConfiguredPathIsAbsoluteAndAProgram() throws Exception {
    assertThatThrownBy(() -> new Tools(Map.of("rbd", Path.of("bin/rbd"))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "doceph.tools.rbd must be an absolute path such as /usr/sbin/rbd, not 'bin/rbd'");
    Path plain = Files.writeString(dir.resolve("plain"), "#!/bin/sh\n");
    assertThatThrownBy(() -> new Tools(Map.of("rbd", plain)).find("rbd"))
        .isInstanceOf(MissingToolException.class)
        .hasMessageContaining("no executable file");
  }

  @Test
  void whatIsInstalledLaterIsFound() throws Exception {
    Path later = dir.resolve("later");
    Tools tools = new Tools(Map.of("rbd", later));
    assertThatThrownBy(() -> tools.require("rbd")).isInstanceOf(MissingToolException.class);

    program("later");

    assertThat(tools.require("rbd")).isEqualTo(later);
  }
}
