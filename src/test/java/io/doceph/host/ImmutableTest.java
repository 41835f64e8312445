package io.doceph.host;

import static io.doceph.host.Root.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.doceph.host.process.CommandFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImmutableTest {

  private final Immutable immutable = new Immutable(Root.tools(), Root.runner());
  private final Path dir;

  ImmutableTest(@TempDir Path dir) {
    this.dir = dir;
  }

  @Test
  void notEvenRootWritesIntoAnImmutableDirectory() throws Exception {
    Root.need("make a directory immutable");
    Path place = Files.createDirectory(dir.resolve("place"));
    boolean set = immutable.set(place, true, soon());
    assumeTrue(set, "the file system of the temporary directory has no immutable flag");
    try {
      assertThatThrownBy(() -> Files.createFile(place.resolve("file")))
          .isInstanceOf(IOException.class);
    } finally {
      assertThat(immutable.set(place, false, soon())).isTrue();
    }
    assertThat(Files.createFile(place.resolve("file"))).exists();
  }

  @Test
  void whereItIsNotPossibleThatIsSaid() {
    assertThat(immutable.set(Path.of("/proc/self"), true, soon())).isFalse();
  }

  @Test
  void aDirectoryThatIsNotThereIsAFailure() {
    assertThatThrownBy(() -> immutable.set(dir.resolve("gone"), true, soon()))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("No such file");
  }
}
