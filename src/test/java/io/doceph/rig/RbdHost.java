package io.doceph.rig;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What one daemon needs to have volumes on the shared Ceph cluster: settings, and a drop-in {@code
 * rbd} that keeps in a directory what this "host" has mapped. It knows what the cluster held before
 * the daemon came, and insists that it holds the same in the end.
 */
public final class RbdHost implements AutoCloseable {
  /** Where daemons make volumes unless they are told otherwise. */
  private static final String POOL = "volumes";

  private static final String INDEX = "doceph.index";

  /** Images are deleted in the background. */
  private static final Duration SOON = Duration.ofSeconds(60);

  private final CephRig ceph;
  private final String name;
  private final Path directory;
  private final Path rbd;
  private final Set<String> before;

  private RbdHost(CephRig ceph, String name, Path directory) {
    this.ceph = ceph;
    this.name = name;
    this.directory = directory;
    rbd = ceph.shim(directory);
    before = contents();
  }

  /** A host of this name that has mapped nothing yet. */
  public static RbdHost make(String name, Path directory) {
    return new RbdHost(CephRig.shared(), name, directory);
  }

  /** The cluster. */
  public CephRig ceph() {
    return ceph;
  }

  /** Where the drop-in rbd and its state are. */
  public Path directory() {
    return directory;
  }

  /**
   * A daemon's settings: volumes are images unless a call says otherwise, and a removed one is
   * deleted for good, so that no story leaves anything in the pool.
   */
  public Map<String, String> settings() {
    return Map.of(
        "DOCEPH_BACKEND",
        "rbd",
        "DOCEPH_BACKENDS",
        "rbd,vfs,loop",
        "DOCEPH_HOST_NAME",
        name,
        "DOCEPH_RBD_CONF",
        ceph.conf().toString(),
        "DOCEPH_RBD_REMOVE",
        "delete",
        "DOCEPH_TOOLS_RBD",
        rbd.toString());
  }

  /** The drop-in's devices of this host, each by the directory that stands for it. */
  public List<String> maps() {
    try (Stream<Path> slots = Files.list(directory.resolve("state"))) {
      return slots.map(Path::toString).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The images of the pool. */
  public List<String> images() {
    return ceph.rbd("ls", POOL).succeeded().out().lines().toList();
  }

  /** The images in the trash of the pool, each with its id. */
  public List<String> trash() {
    return ceph.rbd("trash", "ls", POOL).succeeded().out().lines().toList();
  }

  /** The keys of the pool's index. */
  public List<String> keys() {
    Command.Result listed = ceph.rados("--pool", POOL, "listomapkeys", INDEX);
    if (listed.exit() != 0 && listed.err().contains("No such file or directory")) {
      return List.of(); // nobody has ever written to it
    }
    return listed.succeeded().out().lines().toList();
  }

  /** Waits until no image, trashed image or key of the index is there that was not there before. */
  public void requireAsBefore() {
    Await.until(
        () -> "the pool holds " + before + " as before, not " + contents(),
        SOON,
        () -> contents().equals(before));
  }

  private Set<String> contents() {
    var all = new ArrayList<String>();
    images().forEach(image -> all.add("image " + image));
    trash().forEach(image -> all.add("trash " + image));
    keys().forEach(key -> all.add("key " + key));
    return new TreeSet<>(all);
  }

  /** Takes away by force whatever is still mapped. */
  @Override
  public void close() {
    ceph.unmapAll(directory);
  }
}
