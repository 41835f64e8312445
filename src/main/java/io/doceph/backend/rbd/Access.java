package io.doceph.backend.rbd;

import io.doceph.host.process.Deadline;
import io.doceph.volume.Found;
import io.doceph.volume.Volume;
import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeName;
import io.doceph.volume.VolumeService;
import io.doceph.volume.VolumeSpec;
import java.time.Duration;

/**
 * Changes whether a volume is written by one host or read by many. The index is changed before it
 * is looked who uses the volume, and whoever mounts makes himself seen before he looks at the
 * index: of the two at once, one sees the other.
 */
final class Access {
  private final Descriptions descriptions;
  private final ImageUsers users;
  private final Claims claims;
  private final Duration undoTime;

  Access(Descriptions descriptions, ImageUsers users, Claims claims, RbdSettings settings) {
    this.descriptions = descriptions;
    this.users = users;
    this.claims = claims;
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
            .orElseThrow(() -> VolumeService.unknown(name));
    if (now.spec().isReadOnly() == readOnly) {
      return now;
    }
    Image image = descriptions.image(now);
    Volume changed = now.with(now.spec().withFlag(VolumeSpec.READ_ONLY, readOnly));
    requireUnused(name, image, deadline); // before anything is changed
    if (readOnly) { // nobody will write who would cut them off
      claims.fenceTheDead(name, image, users.both(image, deadline), deadline);
    }
    try {
      descriptions.publishAnew(changed, deadline);
      requireUnused(name, image, deadline);
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
      cause.addSuppressed(e); // it stays changed, which the next command changes back
    }
  }

  private void requireUnused(VolumeName name, Image image, Deadline deadline) {
    claims.requireNoReader(name, image.place(), deadline);
    claims.requireNobody(name, image, deadline);
  }
}
