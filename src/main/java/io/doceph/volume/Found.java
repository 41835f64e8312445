package io.doceph.volume;

import org.jspecify.annotations.Nullable;

/**
 * What a backend found under a name: a volume, or something that should be one and cannot be read.
 *
 * @param name the name
 * @param volume the volume, or null when its description is damaged
 * @param problem what is wrong, one sentence, or null
 */
public record Found(VolumeName name, @Nullable Volume volume, @Nullable String problem) {
  /** A volume in order. */
  public static Found of(Volume volume) {
    return new Found(volume.name(), volume, null);
  }

  /** A volume that cannot be read. */
  public static Found damaged(VolumeName name, String problem) {
    return new Found(name, null, problem);
  }
}
