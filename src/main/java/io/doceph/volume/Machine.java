package io.doceph.volume;

import io.doceph.host.Filesystems;
import io.doceph.host.Immutable;
import java.nio.file.Path;

/**
 * What the service needs of this host.
 *
 * @param filesystems makes, mounts and grows filesystems
 * @param immutable makes mountpoints unwritable
 * @param mountRoot parent of the mountpoints of block volumes
 * @param runDir parent of the registry and of the places where fresh volumes are prepared
 * @param stateDir parent of what a reboot keeps
 * @param bootId this boot
 * @param hostId this daemon's state directory, for who may finish an interrupted create
 */
public record Machine(
    Filesystems filesystems,
    Immutable immutable,
    Path mountRoot,
    Path runDir,
    Path stateDir,
    String bootId,
    String hostId) {

  /** What works with filesystems on a backend's devices. */
  Filesystems filesystems(VolumeBackend backend) {
    return backend.isRemote() ? filesystems.onCeph() : filesystems;
  }
}
