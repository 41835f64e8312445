package io.doceph.host;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Whether dockerd sees what we mount. In a mount namespace of our own it does not, says nothing,
 * and gives the container the bare directory below: its data lands on the host's disk.
 */
public final class MountNamespace {

  private static final String DOCKERD = "dockerd";

  private MountNamespace() {}

  /**
   * One sentence on why mounts below this directory stay invisible, and the cure; empty when they
   * are seen.
   */
  public static Optional<String> problem(Path mountRoot) {
    Optional<String> ours = Processes.ownMountNamespace();
    Optional<String> host = Processes.hostMountNamespace();
    // Who is not root cannot mount anyway, and may not see where others live.
    boolean cannotTell = ours.isEmpty() || (host.isEmpty() && !Processes.isRoot());
    if (cannotTell || ours.equals(host) || hasDockerd(ours.get())) {
      return Optional.empty();
    }
    Optional<MountEntry> carrier =
        carrier(mountRoot.toAbsolutePath().normalize(), MountTable.self());
    if (carrier.isPresent() && carrier.get().shared() && !carrier.get().slave()) {
      return Optional.empty();
    }
    return Optional.of(
        ("doceph runs in a mount namespace of its own, so that dockerd would not see the volumes mounted below %s:"
                + " remove PrivateTmp=, PrivateMounts=, ProtectSystem=, ReadWritePaths= and the like from its systemd"
                + " unit, or, in a container, give it that directory with the bind propagation \"shared\"")
            .formatted(mountRoot));
  }

  /** The mount that a path is on: the nearest above it, and of several there the last. */
  public static Optional<MountEntry> carrier(Path path, List<MountEntry> table) {
    MountEntry nearest = null;
    for (MountEntry entry : table) {
      if (path.startsWith(entry.mountPoint())
          && (nearest == null
              || entry.mountPoint().getNameCount() >= nearest.mountPoint().getNameCount())) {
        nearest = entry;
      }
    }
    return Optional.ofNullable(nearest);
  }

  private static boolean hasDockerd(String namespace) {
    return Processes.all().stream()
        .anyMatch(
            pid ->
                Processes.command(pid).filter(DOCKERD::equals).isPresent()
                    && Processes.mountNamespace(pid).filter(namespace::equals).isPresent());
  }
}
