package io.doceph.backend.loop;

import io.doceph.host.LoopDevices;
import io.doceph.host.Tools;
import io.doceph.host.process.Deadline;
import io.doceph.host.process.ProcessRunner;
import io.doceph.host.process.RunLimits;
import io.doceph.host.process.RunListener;
import io.doceph.volume.VolumeBackend;
import io.doceph.volume.VolumeBackendContract;
import io.doceph.volume.VolumeName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** Needs root and loop devices. */
@Tag("rig")
class LoopBackendTest extends VolumeBackendContract {
  private final LoopDevices devices =
      new LoopDevices(
          new Tools(Map.of()), new ProcessRunner(RunLimits.defaults(), RunListener.NONE));
  private final Path path;

  LoopBackendTest(@TempDir Path dir) throws IOException {
    path = dir.toRealPath().resolve("volumes");
  }

  @AfterEach
  void detachWhatAFailedTestLeft() {
    for (LoopDevices.Loop loop : devices.list()) {
      if (loop.backingFile().startsWith(path)) {
        devices.detach(loop.device(), Deadline.after(Duration.ofSeconds(20)));
      }
    }
  }

  private Path data(VolumeName name) {
    return path.resolve(name + ".img");
  }

  @Override
  protected VolumeBackend open() {
    return new LoopBackend(path, devices);
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
        new Foreign("an empty file", n -> Files.createFile(in(n)), this::looks),
        new Foreign("a file", n -> Files.writeString(in(n), "not yours"), this::looks),
        new Foreign("a directory", n -> Files.createDirectory(in(n)), this::looks),
        new Foreign(
            "a link to nothing",
            n -> Files.createSymbolicLink(in(n), path.resolve("nothing")),
            this::looks));
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
    return inode + (Files.isDirectory(data) ? " directory" : " with " + Files.readString(data));
  }
}
