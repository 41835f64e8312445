package io.doceph.host;

import static io.doceph.host.Root.sh;
import static io.doceph.host.Root.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.doceph.host.LoopDevices.Loop;
import io.doceph.host.process.CommandFailure;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class LoopDevicesTest {

  private static final int MIB = 1 << 20;

  private final LoopDevices loops = new LoopDevices(Root.tools(), Root.runner());
  private final Path dir;

  LoopDevicesTest(@TempDir Path dir) throws Exception {
    this.dir = dir.toRealPath();
  }

  @BeforeEach
  void needsLoopDevices() {
    Root.need("use loop devices");
  }

  private Path image(String name, long bytes) throws Exception {
    Path image = dir.resolve(name);
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(bytes);
    }
    return image;
  }

  @Test
  void attachesFindsResizesAndDetaches() throws Exception {
    Path image = image("an image", 8 * MIB);
    assertThat(loops.find(image)).isEmpty();

    Path device = loops.attach(image, soon());
    try {
      assertThat(loops.find(image)).contains(device);
      assertThat(loops.list()).contains(new Loop(device, image, false));
      assertThat(BlockDevices.sizeBytes(device)).hasValue(8 * MIB);
      assertThat(BlockDevices.majorMinor(device)).get().asString().startsWith("7:");

      image("an image", 16 * MIB);
      loops.refreshSize(device, soon());

      assertThat(BlockDevices.sizeBytes(device)).hasValue(16 * MIB);
    } finally {
      loops.detach(device, soon());
    }
    assertThat(loops.find(image)).isEmpty();
    // Once more is no failure, nor is one that there never was.
    loops.detach(device, soon());
    loops.detach(Path.of("/dev/loop987654"), soon());
  }

  @Test
  void aFileIsAttachedOnce() throws Exception {
    Path image = image("image", 8 * MIB);
    Path device = loops.attach(image, soon());
    try {
      assertThat(loops.attach(image, soon())).isEqualTo(device);
    } finally {
      loops.detach(device, soon());
    }
  }

  @Test
  void directIoIsUsedWhereItIsPossible() throws Exception {
    Path image = image("image", 8 * MIB);
    assumeTrue(
        sh("dd if='%s' of=/dev/null bs=4096 count=1 iflag=direct 2>&1 || echo refused"
                .formatted(image))
            .contains("copied"),
        "the file system of the temporary directory has no direct I/O");

    Path device = loops.attach(image, soon());
    try {
      assertThat(loops.directIo(device)).isTrue();
    } finally {
      loops.detach(device, soon());
    }
  }

  @Test
  void aFileOnAFilesystemWithoutDirectIoIsAttachedAllTheSame() throws Exception {
    // A squashfs or an encrypted directory refuse it; here a losetup that does as it does there.
    Path fake = dir.resolve("losetup");
    Files.writeString(
        fake,
        """
        #!/bin/sh
        case "$*" in
          *--direct-io=on*) echo 'losetup: image: set direct io failed: Invalid argument' >&2; exit 1;;
        esac
        exec losetup "$@"
        """);
    assertThat(fake.toFile().setExecutable(true)).isTrue();
    LoopDevices picky = new LoopDevices(new Tools(Map.of("losetup", fake)), Root.runner());
    Path image = image("image", 8 * MIB);

    Path device = picky.attach(image, soon());
    try {
      assertThat(picky.directIo(device)).isFalse();
      assertThat(picky.find(image)).contains(device);
    } finally {
      loops.detach(device, soon());
    }
  }

  @Test
  void manyAttachAtOnce() throws Exception {
    List<Path> attached = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Callable<Path>> tasks = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        Path image = image("image" + i, MIB);
        tasks.add(() -> loops.attach(image, soon()));
      }
      for (Future<Path> each : threads.invokeAll(tasks)) {
        attached.add(each.get());
      }
      assertThat(new HashSet<>(attached)).hasSize(8);
    } finally {
      for (Loop loop : loops.list()) {
        if (loop.backingFile().startsWith(dir)) {
          loops.detach(loop.device(), soon());
        }
      }
    }
    assertThat(loops.list()).noneMatch(loop -> loop.backingFile().startsWith(dir));
  }

  @Test
  void aDeletedFileIsToldAndIsNotTheNewOneOfItsName() throws Exception {
    Path image = image("image", MIB);
    Path device = loops.attach(image, soon());
    try {
      Files.delete(image);
      image("image", MIB);

      assertThat(loops.list()).contains(new Loop(device, image, true));
      assertThat(loops.find(image)).isEmpty();
    } finally {
      loops.detach(device, soon());
    }
  }

  @Test
  void aNameThatEndsLikeADeletedOneIsFound() throws Exception {
    Path image = image("image (deleted)", MIB);
    Path device = loops.attach(image, soon());
    try {
      assertThat(loops.find(image)).contains(device);
    } finally {
      loops.detach(device, soon());
    }
  }

  @Test
  void aDeviceInUseStaysAttachedAndThatIsSaid() throws Exception {
    Path image = image("image", MIB);
    Path device = loops.attach(image, soon());
    try (RandomAccessFile user = new RandomAccessFile(device.toFile(), "r")) {
      assertThat(user.read()).isZero();
      assertThatThrownBy(() -> loops.detach(device, soon()))
          .isInstanceOf(HostException.class)
          .hasMessageContaining("stays attached")
          .hasMessageContaining(image.toString());
    } finally {
      loops.detach(device, soon());
    }
    assertThat(loops.find(image)).isEmpty();
  }

  @Test
  void aFileThatIsNotThereIsAFailure() {
    assertThatThrownBy(() -> loops.attach(dir.resolve("gone"), soon()))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("No such file");
  }
}
