package io.doceph.backend.rbd;

import io.doceph.host.process.Deadline;
import io.doceph.volume.Found;
import io.doceph.volume.Volume;
import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeName;
import io.doceph.volume.VolumeService;
import io.doceph.volume.VolumeSpec;
import java.util.List;

/**
 * Changes whether a volume is written by one host or read by many. The mark in the index is set
 * before it is looked who uses the volume, and whoever mounts makes himself seen before he looks at
 * the mark: of the two at once, one sees the other.
 */
final class Access {
  private final Descriptions descriptions;
  private final Holders holders;
  private final Claims claims;

  Access(Descriptions descriptions, Holders holders, Claims claims) {
    this.descriptions = descriptions;
    this.holders = holders;
    this.claims = claims;
  }

  /**
   * Changes it.
   *
   * @return the volume as it is then
   * @throws VolumeError {@code IN_USE} when somebody uses it; then it is as it was
   */
  Volume change(Volume known, boolean readOnly, Deadline deadline) {
    VolumeName name = known.name();
    Volume now =
        descriptions
            .find(name, deadline)
            .map(Found::volume)
            .filter(v -> v.stage() == Volume.Stage.READY)
            .orElseThrow(() -> VolumeService.unknown(name));
    Image image = descriptions.image(now);
    Holders.Now said = holders.now(name, image.place(), deadline);
    boolean marked = said.readers();
    if (now.spec().isReadOnly() == readOnly && marked == readOnly) {
      return now;
    }
    requireUnused(name, image, deadline); // before anything is changed
    // The mark takes the place of the entry that tells whom to cut off.
    claims.fenceTheDead(name, image, new Claims.Look(List.of(), said), deadline);
    set(name, image, readOnly, deadline);
    try {
      requireUnused(name, image, deadline);
    } catch (VolumeError e) {
      set(name, image, marked, deadline);
      throw e;
    }
    Volume changed = now.with(now.spec().withFlag(VolumeSpec.READ_ONLY, readOnly));
    descriptions.update(changed, deadline);
    return changed;
  }

  private void requireUnused(VolumeName name, Image image, Deadline deadline) {
    claims.requireNoReader(name, image.place(), deadline);
    claims.requireNobody(name, image, deadline);
  }

  private void set(VolumeName name, Image image, boolean mark, Deadline deadline) {
    if (mark) {
      holders.mark(name, image.place(), deadline);
    } else {
      holders.unmark(name, image.place(), deadline);
    }
  }
}
