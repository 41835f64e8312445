package io.doceph.backend.rbd;

import io.doceph.host.process.Deadline;
import io.doceph.volume.Found;
import io.doceph.volume.Volume;
import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeName;
import io.doceph.volume.VolumeSpec;
import java.time.Duration;

/**
 * Changes whether a volume is written by one host or read by many. In between the index says that
 * nobody may mount it; then it is looked who uses the volume, and whoever mounts makes himself seen
 * before he looks at the index: of the two at once, one sees the other.
 */
final class Access {
  /** The option of a volume that is being changed. */
  static final String CHANGING = "changing-access";

  private final Descriptions descriptions;
  private final ImageUsers users;
  private final Claims claims;
  private final Holders holders;
  private final Duration undoTime;

  Access(
      Descriptions descriptions,
      ImageUsers users,
      Claims claims,
      Holders holders,
      RbdSettings settings) {
    this.descriptions = descriptions;
    this.users = users;
    this.claims = claims;
    this.holders = holders;
    this.undoTime = settings.commandTime();
  }

  /**
   * Changes it.
   *
   * @return the volume as it is then
   * @throws VolumeError {@code IN_USE} when somebody uses it; then it is as it was
   */
  Volume change(VolumeName name, boolean readOnly, Deadline deadline) {
    Volume now =
        descriptions
            .find(name, deadline)
            .map(Found::volume)
            .filter(v -> v.stage() == Volume.Stage.READY)
            .orElseThrow(() -> VolumeError.unknown(name));
    boolean interrupted = now.spec().isSet(CHANGING);
    if (now.spec().isReadOnly() == readOnly && !interrupted) {
      return now;
    }
    Image image = descriptions.image(now);
    boolean mayBeRead = readOnly && now.spec().isReadOnly();
    requireUnused(name, image, mayBeRead, deadline); // before anything is changed
    if (readOnly) { // nobody will write who would cut them off
      claims.fenceTheDead(name, image, users.both(image, deadline), deadline);
      holders.withdraw(name, image.place(), true).join();
    }
    try {
      descriptions.publishAnew(now.with(now.spec().withFlag(CHANGING, true)), deadline);
      requireUnused(name, image, mayBeRead, deadline);
      Volume changed =
          now.with(now.spec().withFlag(VolumeSpec.READ_ONLY, readOnly).withFlag(CHANGING, false));
      descriptions.update(changed, deadline);
      return changed;
    } catch (RuntimeException e) {
      undo(now, e);
      throw e;
    }
  }

  private void undo(Volume before, RuntimeException cause) {
    try {
      descriptions.update(before, Deadline.after(undoTime));
    } catch (RuntimeException e) {
      cause.addSuppressed(e); // nobody can mount it until the next command of this kind
    }
  }

  private void requireUnused(VolumeName name, Image image, boolean mayBeRead, Deadline deadline) {
    if (!mayBeRead) {
      claims.requireNoReader(name, image.place(), deadline);
    }
    claims.requireNobody(name, image, deadline);
  }
}
