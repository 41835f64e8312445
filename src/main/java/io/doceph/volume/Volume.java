package io.doceph.volume;

import java.time.Instant;
import java.util.Locale;

/**
 * A volume as its backend knows it.
 *
 * @param spec what it is
 * @param createdAt when it was asked for
 * @param stage how far its making or removing has come
 * @param hostId the daemon (its state directory) that makes or removes it; only that one may finish
 *     or undo
 * @param growTo the size in bytes of a grow that has begun and is not known to be finished, or 0
 */
public record Volume(VolumeSpec spec, Instant createdAt, Stage stage, String hostId, long growTo) {

  /** Stages in the life of a volume; each is written down before the next step begins. */
  public enum Stage {
    /** The name is taken; data may or may not exist, and only if it is provably ours. */
    RESERVED,
    /** The data exists and is ours; it is being formatted. */
    CREATED,
    /** Ready for use. */
    READY,
    /** Being removed; nothing in it is wanted any more. */
    REMOVING;

    /** The stage as it is written. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** The volume's name. */
  public VolumeName name() {
    return spec.name();
  }

  /** The same volume at another stage. */
  public Volume at(Stage next) {
    return new Volume(spec, createdAt, next, hostId, growTo);
  }

  /** The same volume, growing; 0 for finished. */
  public Volume growing(long bytes) {
    return new Volume(spec, createdAt, stage, hostId, bytes);
  }

  /** The same volume with another specification. */
  public Volume with(VolumeSpec other) {
    return new Volume(other, createdAt, stage, hostId, growTo);
  }
}
