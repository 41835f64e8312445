package io.doceph.volume;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.host.process.Deadline;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Where volumes live. The service calls every changing method under the volume's lock, in the order
 * of {@link Volume.Stage}; a backend keeps no state of its own about volumes and never calls the
 * service. Every method ends by its deadline, is safe to repeat, and throws {@link VolumeError}
 * ({@code UNAVAILABLE} when the backend cannot answer now).
 */
public interface VolumeBackend {
  /** The name in options and configuration, such as {@code loop}. */
  String name();

  /** Whether {@link #attach} gives a block device, rather than a directory. */
  boolean isBlock();

  /** Whether volumes made here can be mounted on other hosts. */
  boolean isShared();

  /** Options that only this backend knows. */
  Set<String> ownOptions();

  /**
   * Whether its devices hang when something beyond this machine does: they are then touched by
   * programs alone, never by the daemon itself.
   */
  default boolean isRemote() {
    return false;
  }

  /** What becomes of a removed volume. */
  default Removal removal() {
    return Removal.DELETE;
  }

  /**
   * Adds the defaults of its own options to those of a new volume, and refuses wrong values.
   *
   * @param options as given; changed in place
   */
  default void complete(ObjectNode options) {}

  /** Refuses what the backend cannot make, before anything is changed. */
  void check(VolumeSpec spec);

  /** Every volume of this backend. */
  List<Found> list(Deadline deadline);

  /** The volume of that name, looked up where it lives. */
  Optional<Found> find(VolumeName name, Deadline deadline);

  /** Takes the name: writes the description if there is none. False when the name is taken. */
  boolean reserve(Volume volume, Deadline deadline);

  /** Replaces the description in one step. */
  void describe(Volume volume, Deadline deadline);

  /**
   * Makes the data of a reserved volume, blank.
   *
   * @throws VolumeError {@code CONFLICT} when something that is not ours is in its place
   */
  void createData(Volume volume, Deadline deadline);

  /** Removes the data that is provably this volume's, at whatever stage; none is success. */
  void removeData(Volume volume, Deadline deadline);

  /** Removes the description; none is success. */
  void forget(VolumeName name, Deadline deadline);

  /** Makes the data reachable on this host; already attached is success. */
  Attachment attach(Volume volume, Deadline deadline);

  /** The opposite of {@link #attach}; not attached is success, as is a volume that is gone. */
  void detach(VolumeName name, Attachment attachment, Deadline deadline);

  /** Makes the data larger and an attached device with it; already that large is success. */
  void growData(Volume volume, long bytes, Deadline deadline);

  /** What is attached on this host, by volume: left-overs are among them. */
  Map<VolumeName, Path> attached(Deadline deadline);

  /** Free space for new data, in bytes, or -1 when that is not a question here. */
  long freeBytes(Deadline deadline);
}
