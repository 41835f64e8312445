package io.doceph.backend.vfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.doceph.host.process.Deadline;
import io.doceph.volume.Volume;
import io.doceph.volume.VolumeBackend;
import io.doceph.volume.VolumeBackendContract;
import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeName;
import io.doceph.volume.Volumes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VfsBackendTest extends VolumeBackendContract {
  private final Path path;

  VfsBackendTest(@TempDir Path dir) {
    path = dir.resolve("volumes");
  }

  private Path data(VolumeName name) {
    return path.resolve(name.value());
  }

  @Override
  protected VolumeBackend open() {
    return new VfsBackend(path, false);
  }

  @Override
  protected void damage(VolumeName name) throws IOException {
    Files.writeString(
        path.resolve(".doceph/" + name + ".json"), "\0", StandardOpenOption.TRUNCATE_EXISTING);
  }

  @Override
  protected boolean hasData(VolumeName name) {
    return Files.exists(data(name), LinkOption.NOFOLLOW_LINKS);
  }

  @Override
  protected void loseData(VolumeName name) throws IOException {
    Files.delete(data(name));
  }

  @Override
  protected List<Foreign> foreign() {
    return List.of(
        new Foreign("an empty directory", n -> Files.createDirectories(data(n)), this::looks),
        new Foreign(
            "a directory with a file",
            n ->
                Files.writeString(
                    Files.createDirectories(data(n)).resolve("letter.txt"), "not yours"),
            this::looks),
        new Foreign("an empty file", n -> Files.createFile(in(n)), this::looks),
        new Foreign("a file", n -> Files.writeString(in(n), "not yours"), this::looks),
        new Foreign(
            "a link to a directory",
            n -> Files.createSymbolicLink(in(n), Files.createDirectories(path.resolve("target"))),
            this::looks),
        new Foreign(
            "a link to nothing",
            n -> Files.createSymbolicLink(in(n), path.resolve("nothing")),
            this::looks));
  }

  @Test
  void aDirectoryThatWasNeverRenamedToItsOwnNameIsUndone() throws IOException {
    Path staged = path.resolve(".doceph/new/volume");
    Files.createDirectories(staged);
    Files.createFile(staged.resolve(".doceph-fresh"));

    open().removeData(Volumes.reserved("vfs", "volume"), Deadline.after(Duration.ofSeconds(20)));

    assertThat(staged).doesNotExist();
  }

  @Test
  void whatWasPutIntoAVolumeInTheMakingIsLeft() throws IOException {
    VolumeBackend backend = open();
    Deadline soon = Deadline.after(Duration.ofSeconds(20));
    Volume volume = Volumes.reserved("vfs", "volume");
    assertThat(backend.reserve(volume, soon)).isTrue();
    backend.createData(volume, soon);
    Volume created = volume.at(Volume.Stage.CREATED);
    backend.describe(created, soon);
    Path letter = Files.writeString(path.resolve("volume/letter.txt"), "mine");

    assertThatThrownBy(() -> backend.removeData(created, soon))
        .hasMessageContaining("is not empty although its volume was never handed out");

    assertThat(letter).hasContent("mine");
  }

  @Test
  void aRemovedTreeIsDeletedWithoutFollowingLinks() throws Exception {
    VolumeBackend backend = open();
    Deadline soon = Deadline.after(Duration.ofSeconds(20));
    Volume going = Volumes.reserved("vfs", "volume").at(Volume.Stage.REMOVING);
    Path outside = Files.createDirectories(path.resolve("outside"));
    Files.writeString(outside.resolve("letter.txt"), "mine");
    Path inside = Files.createDirectories(path.resolve("volume/deep/er"));
    Files.createSymbolicLink(inside.resolve("link"), outside);

    backend.removeData(going, soon);

    assertThat(path.resolve("volume")).doesNotExist();
    Path removed = path.resolve(".doceph/removed");
    while (Objects.requireNonNull(removed.toFile().list()).length > 0) {
      Thread.sleep(5); // in the background; the contract's time limit ends it
    }
    assertThat(outside.resolve("letter.txt")).hasContent("mine");
  }

  @Test
  void withoutItsMountNothingIsAnsweredOrChanged() {
    VolumeBackend unmounted = new VfsBackend(path, true);
    Deadline soon = Deadline.after(Duration.ofSeconds(20));
    Volume volume = Volumes.reserved("vfs", "volume");
    List<ThrowingCallable> calls =
        List.of(
            () -> unmounted.list(soon),
            () -> unmounted.find(volume.name(), soon),
            () -> unmounted.reserve(volume, soon),
            () -> unmounted.describe(volume, soon),
            () -> unmounted.createData(volume, soon),
            () -> unmounted.removeData(volume, soon),
            () -> unmounted.forget(volume.name(), soon),
            () -> unmounted.attach(volume, soon));

    for (ThrowingCallable call : calls) {
      assertThatThrownBy(call)
          .isInstanceOfSatisfying(
              VolumeError.class, e -> assertThat(e.code()).isEqualTo(VolumeError.Code.UNAVAILABLE))
          .hasMessage(
              "nothing is mounted at "
                  + path
                  + ", and doceph.vfs.require-mount is set; mount it, then try again");
    }
    assertThat(path).doesNotExist();
  }

  private Path in(VolumeName name) throws IOException {
    Files.createDirectories(path);
    return data(name);
  }

  private String looks(VolumeName name) throws IOException {
    Path data = data(name);
    if (Files.isSymbolicLink(data)) {
      return "link to " + Files.readSymbolicLink(data);
    }
    Object inode = Files.readAttributes(data, BasicFileAttributes.class).fileKey();
    if (Files.isDirectory(data)) {
      try (var entries = Files.list(data)) {
        return "directory " + inode + " with " + entries.map(Path::getFileName).toList();
      }
    }
    return "file " + inode + " with " + Files.readString(data);
  }
}
