package io.doceph.backend.rbd;

import io.doceph.volume.VolumeName;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A volume that the original doceph made, as far as what it left on the host tells. Its image has
 * the volume's name.
 *
 * @param user the user of Ceph's that mapped it, without {@code client.}
 * @param sizeGiB the size that was asked for; 0 when nothing tells it, the image knows
 * @param filesystem the filesystem's type as it was written down, unchecked; the device knows
 * @param mountpoint where it was mounted
 * @param notes sentences for a person: what was guessed, what does not fit together
 */
record LegacyVolume(
    VolumeName name,
    String pool,
    String user,
    long sizeGiB,
    @Nullable String filesystem,
    @Nullable Path mountpoint,
    List<String> notes) {
  LegacyVolume {
    notes = List.copyOf(notes);
  }
}
