package io.doceph.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DescriptionStoreTest {
  private final Path dir;
  private final DescriptionStore store;
  private final Volume good = Volumes.reserved("vfs", "good");

  DescriptionStoreTest(@TempDir Path dir) {
    this.dir = dir;
    this.store = new DescriptionStore(dir);
  }

  @BeforeEach
  void holdsOneVolume() {
    assertThat(store.create(good)).isTrue();
  }

  private Found listed(String name) {
    List<Found> all = store.list();
    assertThat(all).contains(Found.of(good));
    return all.stream().filter(f -> f.name().value().equals(name)).findFirst().orElseThrow();
  }

  @Test
  void aDescriptionThatCannotBeReadHidesNoOther() throws IOException {
    Files.createDirectory(dir.resolve("bad.json"));

    Found bad = listed("bad");

    assertThat(bad.volume()).isNull();
    assertThat(bad.problem()).startsWith("its description cannot be read: ").contains("bad.json");
    // Whether there is such a volume cannot be said: Docker must not be told that there is none.
    assertThatThrownBy(() -> store.find(new VolumeName("bad")))
        .isInstanceOf(UncheckedIOException.class);
  }

  @Test
  void aDescriptionUnderAnotherNameIsDamaged() throws IOException {
    Files.copy(dir.resolve("good.json"), dir.resolve("copy.json"));

    Found copy = listed("copy");

    assertThat(copy.volume()).isNull();
    assertThat(copy.problem()).isEqualTo("its description is damaged: it is that of volume good");
    assertThat(store.find(new VolumeName("copy"))).contains(copy);
    assertThat(store.list()).hasSize(2);
  }

  @Test
  void filesThatAreNoDescriptionsAreNotListed() throws IOException {
    Files.writeString(dir.resolve("README"), "hello");
    Files.writeString(dir.resolve("-not a name-.json"), "{}");
    Files.writeString(dir.resolve("good.json.bak"), "{}");

    assertThat(store.list()).containsExactly(Found.of(good));
  }

  @Test
  void aDirectoryThatIsNotThereHoldsNothing() {
    DescriptionStore none = new DescriptionStore(dir.resolve("none"));

    assertThat(none.list()).isEmpty();
    assertThat(none.find(good.name())).isEmpty();
  }
}
