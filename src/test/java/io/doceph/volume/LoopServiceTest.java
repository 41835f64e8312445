package io.doceph.volume;

import static io.doceph.volume.House.await;
import static io.doceph.volume.House.done;
import static io.doceph.volume.House.failure;
import static io.doceph.volume.House.json;
import static io.doceph.volume.House.name;
import static io.doceph.volume.House.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.doceph.backend.loop.LoopBackend;
import io.doceph.config.ByteSize;
import io.doceph.host.BlockDevices;
import io.doceph.host.Filesystem;
import io.doceph.host.Filesystems;
import io.doceph.host.Immutable;
import io.doceph.host.LoopDevices;
import io.doceph.host.MountEntry;
import io.doceph.host.MountTable;
import io.doceph.host.Tools;
import io.doceph.host.process.Deadline;
import io.doceph.host.process.ProcessRunner;
import io.doceph.host.process.RunLimits;
import io.doceph.host.process.RunListener;
import io.doceph.volume.VolumeError.Code;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The service with real block devices; needs root and loop devices. */
@Tag("rig")
@Timeout(180)
class LoopServiceTest {
  private static final String INTERRUPTED =
      "a grow was interrupted and is finished by the next mount or grow";
  private static final String EXT4 = "{'size': '16M', 'fs': 'ext4'}";

  private final Tools tools = new Tools(Map.of());
  private final ProcessRunner runner = new ProcessRunner(RunLimits.defaults(), RunListener.NONE);
  private final Filesystems filesystems = new Filesystems(tools, runner);
  private final Immutable immutable = new Immutable(tools, runner);
  private final LoopDevices devices = new LoopDevices(tools, runner);
  private final Path dir;
  private final VolumeName db = name("db");
  private VolumeService service;

  LoopServiceTest(@TempDir Path dir) throws IOException {
    this.dir = dir.toRealPath();
    Files.createDirectories(this.dir.resolve("run"));
    Files.createDirectories(this.dir.resolve("state"));
    service = start(null);
  }

  @AfterEach
  void leaveNothing() {
    service.close();
    Deadline soon = Deadline.after(House.PATIENCE);
    for (MountEntry entry : MountTable.self()) {
      if (entry.mountPoint().startsWith(dir)) {
        filesystems.unmount(entry.mountPoint(), soon);
      }
    }
    for (LoopDevices.Loop loop : devices.list()) {
      if (loop.backingFile().startsWith(dir)) {
        devices.detach(loop.device(), soon);
      }
    }
    if (Files.exists(mountpoint())) {
      assertThat(immutable.set(mountpoint(), false, soon)).isIn(true, false);
    }
  }

  private VolumeService start(@Nullable String refusal) {
    VolumeService started =
        new VolumeService(
            new Machine(
                filesystems,
                immutable,
                dir.resolve("mounts"),
                dir.resolve("run"),
                dir.resolve("state"),
                "boot-1",
                "host-1"),
            List.of(new LoopBackend(dir.resolve("loop"), devices)),
            backends -> new SpecParser(backends, "loop", new ByteSize(16 << 20), Filesystem.EXT4),
            House.CALM,
            CutPoints.NONE,
            (kind, failure, took) -> {});
    started.start(refusal);
    return started;
  }

  private void restart() {
    service.close();
    service = start(null);
  }

  /** CAP_SYS_RESOURCE, number 24, which a container or a sandbox may take even from root. */
  private static boolean canResizeMountedExt4() {
    String capabilities;
    try {
      capabilities = Files.readString(Path.of("/proc/self/status"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    long effective =
        capabilities
            .lines()
            .filter(line -> line.startsWith("CapEff:"))
            .mapToLong(line -> Long.parseLong(line.substring("CapEff:".length()).strip(), 16))
            .findFirst()
            .orElse(0);
    return (effective >> 24 & 1) == 1;
  }

  private Path mountpoint() {
    return dir.resolve("mounts/db");
  }

  private Path image() {
    return dir.resolve("loop/db.img");
  }

  private Holder holder(String id) {
    return Objects.requireNonNull(service.known(db).orElseThrow().holders().get(id));
  }

  @ParameterizedTest
  @CsvSource({"ext4, 16M", "xfs, 300M", "btrfs, 128M"})
  void theLifeOfAVolume(String fs, String size) throws IOException {
    VolumeView made =
        done(service.create(db, json("{'size': '%s', 'fs': '%s'}".formatted(size, fs))));
    assertThat(made.state()).isEqualTo("ready");
    assertThat(devices.find(image())).isEmpty();

    Path path = done(service.mount(db, "one"));

    assertThat(path).isEqualTo(mountpoint()).isEmptyDirectory(); // no lost+found
    Path device = devices.find(image()).orElseThrow();
    assertThat(MountTable.at(path).orElseThrow().isOn(device)).isTrue();
    Files.writeString(path.resolve("letter.txt"), "kept");

    done(service.unmount(db, "one"));

    assertThat(MountTable.at(path)).isEmpty();
    assertThat(devices.find(image())).isEmpty();
    assertThat(path).isEmptyDirectory();
    assertThat(done(service.mount(db, "two")).resolve("letter.txt")).hasContent("kept");
    done(service.unmount(db, "two"));
    done(service.remove(db));
    assertThat(image()).doesNotExist();
    assertThat(path).doesNotExist();
    assertThat(dir.resolve("loop/.doceph")).isEmptyDirectory();
  }

  @Test
  void anUnmountThatFailsIsToldWithWhoIsInTheWayAndReplacedByTheNextMountOfItsId()
      throws IOException {
    assertThat(done(service.create(db, json(EXT4))).state()).isEqualTo("ready");
    Path path = done(service.mount(db, "one"));
    try (FileChannel user =
        FileChannel.open(
            path.resolve("open"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      assertThat(user.isOpen()).isTrue();

      VolumeError error = failure(service.unmount(db, "one"));

      assertThat(error.code()).isEqualTo(Code.IN_USE);
      assertThat(error)
          .hasMessageStartingWith("volume db cannot be unmounted: ")
          .hasMessageContaining("in use by process " + ProcessHandle.current().pid() + " (");
      assertThat(holder("one").released()).isTrue();
      assertThat(done(service.mount(db, "one"))).isEqualTo(path);
      assertThat(holder("one").released()).isFalse();
      assertThat(holder("one").count()).isEqualTo(1);
    }
    done(service.unmount(db, "one"));
    assertThat(service.mounts()).isEmpty();
    assertThat(MountTable.at(path)).isEmpty();
  }

  @Test
  void whoseUnmountFailedKeepsNothingMountedAfterTheOthers() throws IOException {
    assertThat(done(service.create(db, json(EXT4))).state()).isEqualTo("ready");
    Path path = done(service.mount(db, "one"));
    try (FileChannel user =
        FileChannel.open(
            path.resolve("open"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      assertThat(user.isOpen()).isTrue();
      assertThat(failure(service.unmount(db, "one")).code()).isEqualTo(Code.IN_USE);
    }
    assertThat(done(service.mount(db, "two"))).isEqualTo(path);

    done(service.unmount(db, "two"));

    assertThat(service.mounts()).isEmpty();
    assertThat(MountTable.at(path)).isEmpty();
  }

  @Test
  void whatSomebodyUnmountedIsMountedAgainForAllItsHolders() {
    assertThat(done(service.create(db, json(EXT4))).state()).isEqualTo("ready");
    Path path = done(service.mount(db, "one"));
    filesystems.unmount(path, Deadline.after(House.PATIENCE));

    assertThat(done(service.mount(db, "two"))).isEqualTo(path);

    assertThat(MountTable.at(path)).isPresent();
    assertThat(service.known(db).orElseThrow().holders()).containsOnlyKeys("one", "two");
  }

  @Test
  void anUnmountedMountpointCannotBeWrittenTo() {
    assertThat(done(service.create(db, json(EXT4))).state()).isEqualTo("ready");
    assertThat(done(service.mount(db, "one"))).isEqualTo(mountpoint());
    done(service.unmount(db, "one"));
    // Not every filesystem of a temporary directory has the flag; then doctor says so.
    boolean flagged = immutable.set(mountpoint(), true, Deadline.after(House.PATIENCE));

    assertThat(isWritable(mountpoint())).isNotEqualTo(flagged);
  }

  private static boolean isWritable(Path directory) {
    try {
      Files.delete(Files.createFile(directory.resolve("lost")));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void aDeviceWithoutItsFilesystemIsNeitherMountedNorChanged() throws IOException {
    assertThat(done(service.create(db, json(EXT4))).state()).isEqualTo("ready");
    try (RandomAccessFile data = new RandomAccessFile(image().toFile(), "rw")) {
      data.write(new byte[4096]);
    }
    byte[] before = Files.readAllBytes(image());

    VolumeError error = failure(service.mount(db, "one"));

    assertThat(error.code()).isEqualTo(Code.FAILED);
    assertThat(error)
        .message()
        .matches(
            "volume db should hold ext4 and its device /dev/loop\\d+ holds no filesystem that doceph knows; it was neither mounted nor changed: look at it, or restore a backup");
    assertThat(Files.readAllBytes(image())).isEqualTo(before);
    assertThat(devices.find(image())).isEmpty();
    assertThat(service.mounts()).isEmpty();
  }

  @Test
  void aMountThatTheRegistryLostIsTakenOverAndHeldByNobody() throws IOException {
    assertThat(done(service.create(db, json(EXT4))).state()).isEqualTo("ready");
    Path path = done(service.mount(db, "one"));
    service.close();
    Files.delete(dir.resolve("run/mounts/db.json"));

    restart();

    assertThat(service.mounts())
        .singleElement()
        .satisfies(
            r -> {
              assertThat(r.mountpoint()).isEqualTo(path);
              assertThat(r.backend()).isEqualTo("loop");
              assertThat(r.holders()).isEmpty();
            });
    assertThat(done(service.mount(db, "one"))).isEqualTo(path);
    done(service.unmount(db, "one"));
    assertThat(MountTable.at(path)).isEmpty();
  }

  @Test
  void aDeviceThatAnEarlierDaemonLeftIsDetached() {
    assertThat(done(service.create(db, json(EXT4))).state()).isEqualTo("ready");
    Path device = devices.attach(image(), Deadline.after(House.PATIENCE));
    assertThat(BlockDevices.sizeBytes(device)).hasValue(16 << 20);

    restart();

    await(() -> devices.find(image()).isEmpty());
  }

  @Test
  void aDaemonThatMustNotMountSaysWhy() {
    assertThat(done(service.create(db, json(EXT4))).state()).isEqualTo("ready");
    service.close();

    service = start("the mounts of this daemon would be invisible");

    refused(
        service.mount(db, "one"), Code.UNAVAILABLE, "the mounts of this daemon would be invisible");
    assertThat(service.mounts()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"ext4, 16M, 32M", "xfs, 300M, 320M", "btrfs, 128M, 256M"})
  void aVolumeGrowsMountedAndUnmounted(String fs, String size, String larger) throws IOException {
    assertThat(
            done(service.create(db, json("{'size': '%s', 'fs': '%s'}".formatted(size, fs))))
                .state())
        .isEqualTo("ready");
    ByteSize once = ByteSize.parse(larger, 1);
    ByteSize twice = new ByteSize(once.bytes() + (16 << 20));

    VolumeView unmounted = done(service.grow(db, once));
    Path path = done(service.mount(db, "one"));
    long space = Files.getFileStore(path).getTotalSpace();
    if (fs.equals("ext4") && !canResizeMountedExt4()) {
      assertThat(failure(service.grow(db, twice))).hasMessageContaining("Permission denied");
      done(service.unmount(db, "one"));
    }
    VolumeView mounted = done(service.grow(db, twice));
    if (service.mounts().isEmpty()) {
      assertThat(done(service.mount(db, "one"))).isEqualTo(path);
    }

    assertThat(Objects.requireNonNull(unmounted.volume()).spec().size()).isEqualTo(once);
    assertThat(Objects.requireNonNull(mounted.volume()).spec().size()).isEqualTo(twice);
    assertThat(Files.size(image())).isEqualTo(twice.bytes());
    assertThat(Files.getFileStore(path).getTotalSpace()).isGreaterThan(space);
    refused(
        service.grow(db, once),
        Code.INVALID,
        "volume db has "
            + twice
            + " and "
            + once
            + " was asked for: volumes never shrink; make a smaller one and copy the files");
  }

  @Test
  void aSizeThatBtrfsCannotGrowToIsRefusedBeforeAnythingIsDone() throws IOException {
    VolumeView made = done(service.create(db, json("{'size': '128M', 'fs': 'btrfs'}")));

    refused(
        service.grow(db, ByteSize.parse("160M", 1)),
        Code.INVALID,
        "volume db has btrfs, which grows to 256MiB or more, and 160MiB was asked for");

    assertThat(service.known(db)).contains(made);
    assertThat(Files.size(image())).isEqualTo(128 << 20);
  }

  @Test
  void aGrowThatCannotBeFinishedKeepsNobodyFromTheData() {
    VolumeView made = done(service.create(db, json("{'size': '128M', 'fs': 'btrfs'}")));
    begunToGrow(made, 160 << 20);

    assertThat(done(service.mount(db, "one"))).isEqualTo(mountpoint());

    assertThat(MountTable.at(mountpoint())).isPresent();
    assertThat(service.known(db).orElseThrow().problem()).isEqualTo(INTERRUPTED);
  }

  private void begunToGrow(VolumeView made, long bytes) {
    LoopBackend backend = new LoopBackend(dir.resolve("loop"), devices);
    backend.describe(
        Objects.requireNonNull(made.volume()).growing(bytes), Deadline.after(House.PATIENCE));
    restart();
    await(() -> service.known(db).isPresent());
    assertThat(service.known(db).orElseThrow().problem()).isEqualTo(INTERRUPTED);
  }

  @Test
  void aGrowThatWasInterruptedIsFinishedByTheNextMount() throws IOException {
    VolumeView made = done(service.create(db, json(EXT4)));
    long larger = 32 << 20;
    begunToGrow(made, larger);

    if (!canResizeMountedExt4()) {
      assertThat(done(service.grow(db, new ByteSize(larger))).problem()).isNull();
    }

    Path path = done(service.mount(db, "one"));

    assertThat(Files.size(image())).isEqualTo(larger);
    assertThat(Files.getFileStore(path).getTotalSpace()).isGreaterThan(16 << 20);
    assertThat(service.known(db).orElseThrow().problem()).isNull();
    assertThat(Objects.requireNonNull(service.known(db).orElseThrow().volume()).spec().size())
        .hasToString("32MiB");
  }
}
