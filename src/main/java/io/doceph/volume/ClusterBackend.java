package io.doceph.volume;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.host.process.Deadline;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A backend whose volumes many hosts can reach, one at a time. The cluster knows who uses what;
 * what is kept in memory here is only for showing.
 */
public interface ClusterBackend extends VolumeBackend {
  @Override
  default boolean isShared() {
    return true;
  }

  /** Who writes to volumes on other hosts, as of the last listing; asks nobody. */
  Map<VolumeName, VolumeUser> writersElsewhere();

  /** Who writes to a volume on another host, as of the last listing; asks nobody. */
  Optional<VolumeUser> writerElsewhere(VolumeName volume);

  /** Whether the cluster has cut this host off from a volume that is attached here. */
  boolean isCutOff(VolumeName volume);

  /** Volumes that are attached here and from which the cluster has cut this host off. */
  Set<VolumeName> cutOff();

  /** The volumes that may be attached here, from what was written down; asks nobody. */
  Set<VolumeName> recordedAttachments();

  /** Everybody who uses a volume now, this host included, as the cluster tells. */
  List<VolumeUser> users(Volume volume, Deadline deadline);

  /**
   * Makes a volume one that is only read, by many hosts, or one that is written by one; the same
   * again finishes what was interrupted.
   *
   * @return the volume as it is then
   * @throws VolumeError {@code IN_USE} with who uses it, also when somebody just begins to
   */
  Volume changeAccess(Volume volume, boolean readOnly, Deadline deadline);

  /**
   * Refuses a removal that would take the data away from somebody, or that the cluster will not do.
   *
   * @throws VolumeError {@code IN_USE} with who or what is in the way
   */
  void requireRemovable(Volume volume, Deadline deadline);

  /**
   * Undoes a removal that was cut short before it took anything away: others may use the volume.
   *
   * @return the volume as it is again; empty when its data are gone, and the removal must be
   *     finished
   */
  Optional<Volume> undoRemoval(Volume going, Deadline deadline);

  /**
   * Cuts every other user of a volume off for good, alive or not, so that this host can have it.
   *
   * @return what was done, one sentence for each step, with how to undo it
   */
  List<String> fence(Volume volume, Deadline deadline);

  /** Takes an existing image over as the volume of its name; its data is not touched. */
  Volume adopt(VolumeName name, ObjectNode options, Deadline deadline);

  /** What can be brought back, as of the last listing, youngest first. */
  List<Trashed> trash();

  /** Brings a removed volume back under a name that is free. */
  Volume restore(Trashed trashed, VolumeName as, Deadline deadline);

  /** Deletes a removed volume for good, expired or not. */
  void purge(Trashed trashed, Deadline deadline);

  /**
   * Looks at the cluster and at what is left over.
   *
   * @param repair whether to mend what can be mended without losing anything
   * @param busy volumes that are mounted or worked on here: left alone
   */
  List<Finding> examine(boolean repair, Set<VolumeName> busy, Deadline deadline);

  /** Facts about the backend for people, such as how images are mapped, by name. */
  Map<String, String> facts();

  /** The volumes that the first doceph left on this host, with the options to adopt them with. */
  List<Adoptable> legacy(Path metadata);

  /**
   * Takes an adopted volume of the first doceph out of its tables.
   *
   * @return what was done, one sentence for each step
   */
  List<String> legacyAdopted(Path metadata, Adoptable adopted);
}
