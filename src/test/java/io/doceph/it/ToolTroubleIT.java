package io.doceph.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.doceph.rig.Await;
import io.doceph.rig.DocephDaemon;
import io.doceph.rig.PluginClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tools that fail, hang or are stopped: the call ends by its deadline, nothing else waits, and
 * nothing half made remains. The fakes are in trouble as long as a file named {@code trouble} is
 * there, and are the real tools otherwise.
 */
@Tag("rig")
class ToolTroubleIT {
  private static final String HANGS = "exec sleep 1000";
  private static final String IGNORES_SIGTERM = "trap '' TERM; while :; do sleep 1; done";
  private static final String IS_STOPPED = "kill -STOP $$; exit 1";

  /** Generous: the deadline is 3 s, and a kill may take some seconds. */
  private static final Duration BOUND = Duration.ofSeconds(15);

  /** Generous: it is milliseconds. */
  private static final Duration AT_ONCE = Duration.ofSeconds(2);

  private final Bed bed = Bed.make();

  @BeforeEach
  void needRoot() {
    assumeTrue(Bed.isRoot(), "loop devices need root");
  }

  @AfterEach
  void stop() {
    bed.close();
  }

  @Test
  void aFailingMkfsLeavesNothingBehind() throws IOException {
    DocephDaemon daemon = start("mkfs.ext4", "echo 'no luck today' >&2; exit 5");
    try (Plugin plugin = new Plugin(daemon)) {
      trouble(true);

      var answer = plugin.tryCreate("v", "");

      assertThat(answer.status()).isEqualTo(500);
      assertThat(answer.err()).contains("mkfs.ext4", "exit 5", "no luck today");
      assertNothingIsLeft(plugin);
      trouble(false);
      plugin.create("v", "");
      assertThat(plugin.mount("v", "c1")).isEmptyDirectory();
      plugin.unmount("v", "c1");
    }
  }

  @Test
  void aFailingMountLeavesNothingBehind() throws IOException {
    DocephDaemon daemon = start("mount", "echo 'bad superblock' >&2; exit 32");
    try (Plugin plugin = new Plugin(daemon)) {
      plugin.create("v", "");
      trouble(true);

      var answer = plugin.tryMount("v", "c1");

      assertThat(answer.err()).contains("mount", "bad superblock");
      assertThat(bed.loops()).isEmpty();
      assertThat(plugin.volume("v").has("Mountpoint")).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {HANGS, IGNORES_SIGTERM, IS_STOPPED})
  void aMkfsThatDoesNotEnd(String trouble) throws Exception {
    DocephDaemon daemon = start("mkfs.ext4", trouble);
    try (Plugin plugin = new Plugin(daemon)) {
      plugin.create("other", "");
      trouble(true);

      var answer = meanwhileAllElseIsAnswered(daemon, p -> p.tryCreate("v", ""));

      assertThat(answer.err()).contains("v");
      Await.until("it is undone", Bed.SOON, () -> bed.loops().isEmpty());
      Await.until(
          "no description is left", Bed.SOON, () -> !bed.names("loop/.doceph").contains("v.json"));
      assertThat(plugin.names()).containsExactly("other");
      assertThat(bed.names("loop")).doesNotContain("v.img");
      trouble(false);
      plugin.create("v", "");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {HANGS, IGNORES_SIGTERM, IS_STOPPED})
  void aMountThatDoesNotEnd(String trouble) throws Exception {
    DocephDaemon daemon = start("mount", trouble);
    try (Plugin plugin = new Plugin(daemon)) {
      plugin.create("other", "\"backend\":\"vfs\"");
      plugin.create("v", "");
      trouble(true);

      var answer = meanwhileAllElseIsAnswered(daemon, p -> p.tryMount("v", "c1"));

      // Docker sends no Unmount after this
      assertThat(answer.err()).contains("v");
      Await.until("it is undone", Bed.SOON, () -> bed.loops().isEmpty());
      assertThat(bed.mounts()).isEmpty();
      assertThat(plugin.volume("v").has("Mountpoint")).isFalse();
      trouble(false);
      assertThat(plugin.mount("v", "c2")).isEmptyDirectory();
      plugin.unmount("v", "c2");
      assertThat(bed.mounts()).isEmpty();
    }
  }

  @Test
  void anUmountThatDoesNotEnd() throws Exception {
    DocephDaemon daemon = start("umount", HANGS);
    try (Plugin plugin = new Plugin(daemon)) {
      plugin.create("other", "\"backend\":\"vfs\"");
      plugin.create("v", "");
      Path file = plugin.mount("v", "c1").resolve("f");
      Files.writeString(file, "data");
      trouble(true);

      var answer = meanwhileAllElseIsAnswered(daemon, p -> p.tryUnmount("v", "c1"));

      // dockerd keeps the reference and mounts with the same ID at the next start
      assertThat(answer.err()).contains("v");
      trouble(false);
      Await.until("the lock is free", Bed.SOON, () -> plugin.tryMount("v", "c1").err().isEmpty());
      assertThat(file).hasContent("data");
      plugin.unmount("v", "c1");
      assertThat(bed.mounts()).isEmpty();
      assertThat(bed.loops()).isEmpty();
    }
  }

  /** Makes a call that meets a tool in trouble; its answer, after everything else was answered. */
  private PluginClient.Answer meanwhileAllElseIsAnswered(
      DocephDaemon daemon, Function<Plugin, PluginClient.Answer> call) throws Exception {
    Instant begin = Instant.now();
    CompletableFuture<PluginClient.Answer> hung =
        CompletableFuture.supplyAsync(
            () -> {
              try (Plugin plugin = new Plugin(daemon)) {
                return call.apply(plugin);
              }
            });
    try (Plugin plugin = new Plugin(daemon)) {
      while (!hung.isDone()) {
        Instant before = Instant.now();
        assertThat(plugin.names()).contains("other");
        plugin.volume("other");
        Plugin.succeeded(plugin.call("Path", "{\"Name\":\"other\"}"));
        if (plugin.volume("other").path("Status").path("backend").asText().equals("vfs")) {
          plugin.mount("other", "m");
          plugin.unmount("other", "m");
        }
        assertThat(Duration.between(before, Instant.now())).isLessThan(AT_ONCE);
        Thread.sleep(50);
      }
    }
    PluginClient.Answer answer = hung.get(BOUND.toSeconds(), TimeUnit.SECONDS);
    assertThat(Duration.between(begin, Instant.now())).isLessThan(BOUND);
    assertThat(Duration.between(begin, Instant.now())).isGreaterThan(Duration.ofSeconds(2));
    assertThat(answer.status()).isEqualTo(500);
    return answer;
  }

  private void assertNothingIsLeft(Plugin plugin) {
    assertThat(plugin.names()).isEmpty();
    assertThat(bed.loops()).isEmpty();
    assertThat(bed.mounts()).isEmpty();
    assertThat(bed.names("loop")).containsExactly(".doceph");
    assertThat(bed.names("loop/.doceph")).isEmpty();
    assertThat(bed.names("run/prepare")).isEmpty();
  }

  private void trouble(boolean now) throws IOException {
    if (now) {
      Files.writeString(bed.path("trouble"), "");
    } else {
      Files.delete(bed.path("trouble"));
    }
  }

  private DocephDaemon start(String tool, String trouble) {
    Path real =
        Stream.of("/usr/sbin", "/usr/bin", "/sbin", "/bin")
            .map(directory -> Path.of(directory, tool))
            .filter(Files::isExecutable)
            .findFirst()
            .orElseThrow(() -> new AssertionError("the rig has no " + tool));
    Path fake =
        bed.script(
            tool,
            "if [ -e %s ]; then\n%s\nfi\nexec %s \"$@\""
                .formatted(bed.path("trouble"), trouble, real));
    return bed.start(
        "DOCEPH_BACKEND",
        "loop",
        "DOCEPH_TOOLS_" + tool.replace('.', '_').toUpperCase(Locale.ROOT),
        fake.toString(),
        "DOCEPH_LIMITS_LONG_CALL",
        "3s",
        "DOCEPH_LIMITS_SHORT_CALL",
        "3s");
  }
}
