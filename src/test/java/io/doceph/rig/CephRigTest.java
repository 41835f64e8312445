package io.doceph.rig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The Ceph rig is what its users take it for: a real cluster, two hosts, real devices. */
@Tag("rig")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CephRigTest {
  private static final Duration WATCH_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration SOON = Duration.ofSeconds(30);

  @TempDir Path scratch;
  private CephRig rig;
  private Path one;
  private Path two;
  private String image;

  @BeforeAll
  void up() {
    assumeTrue("root".equals(System.getProperty("user.name")), "the rig needs root");
    rig = CephRig.up(Map.of("WATCH_TIMEOUT", Long.toString(WATCH_TIMEOUT.toSeconds())));
  }

  @AfterAll
  void down() {
    if (rig != null) {
      rig.close();
      assertThat(rig.directory()).doesNotExist();
    }
  }

  @BeforeEach
  void hosts(TestInfo test) {
    one = scratch.resolve("one");
    two = scratch.resolve("two");
    rig.shim(one);
    rig.shim(two);
    image = "volumes/" + test.getTestMethod().orElseThrow().getName();
    rig.rbd("create", "--size", "100M", image).succeeded();
  }

  @AfterEach
  void clean() {
    rig.ensureUp();
    rig.unmapAll(one);
    rig.unmapAll(two);
    assertThat(one.resolve("state")).isEmptyDirectory();
    assertThat(two.resolve("state")).isEmptyDirectory();
    assertThat(Command.of("losetup", "--list").run().out()).doesNotContain(scratch.toString());
  }

  @Test
  void whatIsWrittenIsThereOnTheNextHost() throws IOException {
    String device = map(one);
    Command.of("mkfs.ext4", "-q", device).run().succeeded();
    Path mount = mount(device);
    Files.writeString(mount.resolve("file"), "kept");
    assertThat(on(one, "unmap", device).exit()).as("mounted").isEqualTo(16);
    Command.of("umount", mount.toString()).run().succeeded();
    on(one, "unmap", device).succeeded();

    device = map(two);
    mount(device);
    assertThat(mount.resolve("file")).hasContent("kept");
    Command.of("umount", mount.toString()).run().succeeded();
    on(two, "unmap", image).succeeded();
    assertThat(rig.rbd("status", image).out()).contains("Watchers: none");
  }

  @Test
  void anImageIsMappedExclusivelyOnOneHost() {
    map(one);
    assertThat(rig.rbd("status", image).out()).contains("watcher=127.0.0.1:0/");
    assertThat(rig.rbd("lock", "list", image).out()).contains("auto ");
    assertThat(on(one, "device", "list", "--format", "json").out())
        .contains("\"name\":\"" + image.substring("volumes/".length()) + "\"");
    assertThat(on(two, "device", "list", "--format", "json").out()).isEqualTo("[]");

    Command.Result refused = on(two, "map", "-o", "exclusive", image);
    assertThat(refused.exit()).isEqualTo(30);
    assertThat(refused.err())
        .isEqualTo("rbd: sysfs write failed\nrbd: map failed: (30) Read-only file system");
  }

  @Test
  void aDeadHostIsSeenForAWhileAndThenReplaced() {
    map(one);
    rig.crash(one);
    assertThat(rig.rbd("status", image).out()).contains("watcher=");
    map(two);
    assertThat(rig.rbd("status", image).out().lines().filter(line -> line.contains("watcher=")))
        .hasSize(1);
  }

  @Test
  void aKilledClientLeavesADeviceThatGivesErrors() {
    String device = map(one);
    rig.killClients(one);
    assertThat(
            Command.of("dd", "if=" + device, "of=/dev/null", "count=8", "iflag=direct")
                .run()
                .exit())
        .isNotZero();
    Await.until(
        "no watcher", SOON, () -> rig.rbd("status", image).out().contains("Watchers: none"));
    on(one, "unmap", device).succeeded();
  }

  @Test
  void aKilledOsdKeepsItsData() {
    String device = map(one);
    Command.of("mkfs.ext4", "-q", device).run().succeeded();
    rig.killOsd();
    assertThat(rig.rbd("--rados-osd-op-timeout", "2", "info", image).exit()).isEqualTo(110);
    rig.startOsd();
    Command.of("fsck.ext4", "-fn", device).run().succeeded();
    rig.pauseMon();
    assertThat(rig.rbd("--client-mount-timeout", "2", "info", image).exit()).isNotZero();
    rig.resumeMon();
    rig.rbd("info", image).succeeded();
  }

  @Test
  void aMapThatIsKilledLeavesNothing() throws Exception {
    rig.pauseOsd();
    Process map =
        new ProcessBuilder(
                one.resolve("rbd").toString(),
                "--conf",
                rig.conf().toString(),
                "--id",
                "docker",
                "map",
                image)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    Await.until("a map that waits", SOON, () -> map.descendants().count() > 2);
    assertThat(on(one, "device", "list", "--format", "json").out()).isEqualTo("[]");
    map.destroy();
    map.waitFor();
    Await.until(
        "no daemon",
        SOON,
        () ->
            ProcessHandle.allProcesses()
                .noneMatch(
                    process ->
                        process.info().commandLine().orElse("").contains(scratch.toString())));
    assertThat(one.resolve("state")).isEmptyDirectory();
  }

  private String map(Path host) {
    String device = on(host, "map", "-o", "exclusive,noudev", image).succeeded().out();
    assertThat(device).startsWith("/dev/loop");
    return device;
  }

  private Path mount(String device) throws IOException {
    Path mount = Files.createDirectories(scratch.resolve("mount"));
    Command.of("mount", device, mount.toString()).run().succeeded();
    return mount;
  }

  /** Runs this host's rbd as the user docker. */
  private Command.Result on(Path host, String... arguments) {
    var command =
        new ArrayList<>(
            List.of(
                host.resolve("rbd").toString(), "--conf", rig.conf().toString(), "--id", "docker"));
    command.addAll(List.of(arguments));
    return new Command(command, Map.of(), Duration.ofMinutes(1)).run();
  }
}
