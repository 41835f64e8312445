package io.doceph.backend.rbd;

import io.doceph.rig.Command;
import io.doceph.volume.VolumeBackend;
import io.doceph.volume.VolumeBackendContract;
import io.doceph.volume.VolumeName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** Needs root, Ceph, and what the drop-in rbd maps with. */
@Tag("rig")
class RbdBackendTest extends VolumeBackendContract {
  private static final String HOST = "host-1";

  private final Path directory;
  private final RbdBed bed;

  RbdBackendTest(@TempDir Path directory) {
    this.directory = directory;
    bed = new RbdBed(directory);
  }

  @AfterEach
  void nothingIsLeftMapped() {
    bed.clear();
  }

  @Override
  protected VolumeBackend open() {
    return bed.backend(HOST);
  }

  @Override
  protected void damage(VolumeName name) {
    bed.putKey(RbdBed.VOLUMES, name.value(), "{\"version\":1,\"na");
  }

  @Override
  protected boolean hasData(VolumeName name) {
    return bed.hasImage(name, HOST);
  }

  @Override
  protected void loseData(VolumeName name) {
    bed.ceph().rbd("rm", "--no-progress", "volumes/" + name).succeeded();
  }

  @Override
  protected List<Foreign> foreign() {
    return List.of(
        new Foreign("an empty image", this::putImage, this::looks),
        new Foreign("an image with data", this::putData, this::looks),
        new Foreign("an image with a snapshot", this::putSnapshot, this::looks));
  }

  private void putImage(VolumeName name) {
    bed.ceph().rbd("create", "--size", "8M", "volumes/" + name).succeeded();
  }

  private void putData(VolumeName name) throws IOException {
    Path file = directory.resolve("data");
    Files.writeString(file, "not yours".repeat(1000));
    bed.ceph().rbd("import", "--no-progress", file.toString(), "volumes/" + name).succeeded();
  }

  private void putSnapshot(VolumeName name) {
    putImage(name);
    bed.ceph().rbd("snap", "create", "--no-progress", "volumes/" + name + "@s").succeeded();
  }

  /** Which image it is, its metadata, and its content. */
  private String looks(VolumeName name) {
    String spec = "volumes/" + name;
    String id = bed.info(spec).path("id").asText();
    String meta = bed.ceph().rbd("image-meta", "ls", spec).succeeded().out();
    String snapshots = bed.ceph().rbd("snap", "ls", spec).succeeded().out();
    Command.Result content = bed.ceph().rbd("export", "--no-progress", spec, "-").succeeded();
    return String.join("\n", id, meta, snapshots, content.out());
  }
}
