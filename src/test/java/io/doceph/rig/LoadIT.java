package io.doceph.rig;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Much at once, and slow tools beside quick questions. */
class LoadIT extends RigTest {
  /** What two cores bear; more only wait in dockerd. */
  private static final int RUNS_AT_ONCE = 4;

  private static final Duration MKFS_TAKES = Duration.ofSeconds(5);

  @ParameterizedTest
  @CsvSource({"vfs, 100, 20", "loop, 100, 20", "rbd, 30, 8"})
  void manyVolumesAtOnce(String backend, int creates, int runs) throws Exception {
    // Given; on two processors so many at once, and the cluster beside them, make a command slow
    DocephDaemon daemon = doceph(backend, Map.of("DOCEPH_RBD_COMMAND_TIMEOUT", "60s"));
    List<String> names =
        IntStream.range(0, creates).mapToObj(i -> volume("many") + "-" + i).toList();

    // When they are all made at once, and a container runs on each of some
    List<String> refusals = inParallel(creates, names, this::createByApi);
    List<String> used = names.subList(0, runs);
    inParallel(RUNS_AT_ONCE, used, name -> inContainer(name, "echo " + name + " > /data/f"));
    List<String> read = inParallel(RUNS_AT_ONCE, used, name -> inContainer(name, "cat /data/f"));

    // Then each was made once, holds its own data, and none is mounted
    assertThat(refusals).containsOnly("");
    assertThat(calls().calls("Create")).hasSize(creates);
    assertThat(docker("volume", "ls", "-q").lines()).containsExactlyInAnyOrderElementsOf(names);
    assertThat(read).isEqualTo(used);
    assertThat(leftBy(daemon)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"loop", "rbd"})
  void questionsDoNotWaitForASlowMkfs(String backend) throws Exception {
    // Given a volume, and a mkfs that takes its time
    Path slow = rig().directory().resolve("mkfs-" + volume("tool"));
    writeScript(slow, "sleep " + MKFS_TAKES.toSeconds() + "\nexec /usr/sbin/mkfs.ext4 \"$@\"\n");
    DocephDaemon daemon = doceph(backend, Map.of("DOCEPH_TOOLS_MKFS_EXT4", slow.toString()));
    String quick = volume("quick");
    docker("volume", "create", "-d", DRIVER, "-o", "backend=vfs", quick);
    String made = volume("made");

    // When questions are asked while it makes another
    CompletableFuture<String> creation =
        CompletableFuture.supplyAsync(() -> docker("volume", "create", "-d", DRIVER, made));
    Await.until("mkfs runs", SOON, () -> !calls().calls("Create").isEmpty() || mkfsRuns(slow));
    int answered = 0;
    Duration longest = Duration.ZERO;
    try (PluginClient client = daemon.client()) {
      while (!creation.isDone()) {
        Instant asked = Instant.now();
        assertThat(client.post("/VolumeDriver.Get", "{\"Name\":\"" + quick + "\"}\n").err())
            .isEmpty();
        assertThat(client.post("/VolumeDriver.List", "{}\n").status()).isEqualTo(200);
        Duration took = Duration.between(asked, Instant.now());
        longest = took.compareTo(longest) > 0 ? took : longest;
        answered++;
        Thread.sleep(20);
      }
    }

    // Then all were answered at once, dockerd works beside it, and the slow volume is whole
    assertThat(answered).isGreaterThan(10);
    assertThat(longest).isLessThan(MKFS_TAKES.dividedBy(2));
    assertThat(creation.get()).isEqualTo(made);
    inContainer(made, "echo data > /data/f");
    assertThat(inContainer(made, "cat /data/f")).isEqualTo("data");
  }

  private boolean mkfsRuns(Path program) {
    return rig().inside("pgrep", "-f", program.toString()).exit() == 0;
  }

  /** What dockerd refused it with; empty when it did not. */
  private String createByApi(String name) {
    try (var api = new PluginClient(rig().api())) {
      String body = "{\"Name\":\"%s\",\"Driver\":\"%s\"}".formatted(name, DRIVER);
      var answer = api.post("/volumes/create", body, "Content-Type: application/json");
      return answer.status() == 201 ? "" : answer.status() + " " + answer.body();
    }
  }

  private static void writeScript(Path path, String text) throws IOException {
    Files.writeString(path, "#!/bin/sh\n" + text);
    assertThat(path.toFile().setExecutable(true)).isTrue();
  }

  private static <T> List<T> inParallel(int atOnce, List<String> names, Function<String, T> action)
      throws Exception {
    try (ExecutorService executor = Executors.newFixedThreadPool(atOnce)) {
      List<Future<T>> running =
          names.stream().map(name -> executor.submit(() -> action.apply(name))).toList();
      var results = new ArrayList<T>();
      for (Future<T> result : running) {
        results.add(result.get());
      }
      return results;
    }
  }
}
