package io.doceph.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StateFileTest {

  private final Path dir;
  private final Path file;

  StateFileTest(@TempDir Path dir) {
    this.dir = dir;
    this.file = dir.resolve("state.json");
  }

  private static ObjectNode data(String value) {
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.put("name", value)
        .put("size", 1L << 40)
        .put("ratio", 0.1f)
        .put("exact", new BigDecimal("1.50"));
    data.putArray("list").add(1).add("zwei");
    return data;
  }

  private List<Path> files() throws Exception {
    try (var entries = Files.list(dir)) {
      return entries.toList();
    }
  }

  @Test
  void whatWasWrittenIsRead() throws Exception {
    StateFile.write(file, data("first"));
    StateFile.write(file, data("ä second"));

    ObjectNode read = StateFile.read(file).orElseThrow();

    assertThat(read.path("name").asText()).isEqualTo("ä second");
    assertThat(read.path("size").asLong()).isEqualTo(1L << 40);
    assertThat(read.path("list")).hasSize(2);
    assertThat(files()).containsExactly(file);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(Files.readString(file)).startsWith("{\"version\":1,\"checksum\":\"crc32c:");
  }

  @Test
  void noFileIsNoState() {
    assertThat(StateFile.read(file)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "first | fi_st | checksum",
        "\"version\":1 | \"version\":2 | has version 2, this doceph knows up to 1",
        "\"version\":1 | \"version\":\"1\" | no version",
        "\"data\":{ | \"date\":{ | no data",
        "crc32c: | crc32d: | checksum",
        "\"name\" | \"size\":1,\"name\" | no JSON",
        "\"list\":[1, | \"list\":[[1, | no JSON",
      })
  void whatWasChangedIsFoundOut(String what, String by, String said) throws Exception {
    StateFile.write(file, data("first"));
    String before = Files.readString(file);
    Files.writeString(file, before.replace(what, by));

    assertThat(Files.readString(file)).isNotEqualTo(before);
    assertThatThrownBy(() -> StateFile.read(file))
        .isInstanceOf(DamagedStateException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining(said);
  }

  @Test
  void everyTruncationIsFoundOut() throws Exception {
    StateFile.write(file, data("x"));
    byte[] whole = Files.readAllBytes(file);

    for (int length = 0; length < whole.length; length++) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> StateFile.read(file)).isInstanceOf(DamagedStateException.class);
    }
  }

  @Test
  void aDirectoryThatIsNotThereIsSaid() {
    Path lost = dir.resolve("no/state.json");

    assertThatThrownBy(() -> StateFile.write(lost, data("x")))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining(lost.toString())
        .hasMessageContaining("cannot be written");
  }

  @Test
  void whatExistsIsNotCreated() throws Exception {
    assertThat(StateFile.createNew(file, data("first"))).isTrue();
    assertThat(StateFile.createNew(file, data("second"))).isFalse();

    assertThat(StateFile.read(file).orElseThrow().path("name").asText()).isEqualTo("first");
    assertThat(files()).containsExactly(file);
  }

  @Test
  void ofManyWhoCreateAtOnceOneSucceedsAndNobodySeesAPart() throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      for (int round = 0; round < 20; round++) {
        Path each = dir.resolve("state-" + round);
        List<Callable<Boolean>> tries = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
          String name = "by " + i;
          tries.add(
              () -> {
                boolean created = StateFile.createNew(each, data(name));
                String seen = StateFile.read(each).orElseThrow().path("name").asText();
                assertThat(seen.equals(name)).isEqualTo(created);
                return created;
              });
        }
        int created = 0;
        for (Future<Boolean> one : threads.invokeAll(tries)) {
          created += one.get() ? 1 : 0;
        }
        assertThat(created).isEqualTo(1);
      }
    }
  }

  @Test
  void aSweepRemovesWhatDeadProcessesAndForeignHostsLeftAndNothingElse() throws Exception {
    StateFile.write(file, data("x"));
    Path ours = TemporaryFiles.create(dir);
    String boot = BootId.read().substring(0, 8);
    Path dead = Files.createFile(dir.resolve(".doceph-tmp-" + boot + "-4000001-1-x.tmp"));
    Path foreign = Files.createFile(dir.resolve(".doceph-tmp-00000000-17-1-x.tmp"));
    Path old = Files.createFile(dir.resolve(".doceph-tmp-00000000-18-1-x.tmp"));
    Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofHours(2))));

    StateFile.sweep(dir);

    assertThat(files()).containsExactlyInAnyOrder(file, ours, foreign);
    assertThat(dead).doesNotExist();
    StateFile.sweep(dir.resolve("not there"));
  }

  @Test
  void theBootIdIsOfThisBoot() {
    assertThat(BootId.read()).hasSize(36).isEqualTo(BootId.read());
  }
}
