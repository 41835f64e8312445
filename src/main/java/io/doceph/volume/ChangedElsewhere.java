package io.doceph.volume;

/**
 * A volume is not any more what this host remembered of it: nothing was done, and the same call can
 * be tried with what it is now.
 */
public final class ChangedElsewhere extends VolumeError {
  private static final long serialVersionUID = 1L;

  private final transient Volume volume;

  /** {@code volume} is what it is now. */
  public ChangedElsewhere(Volume volume) {
    super(
        Code.BUSY,
        "volume " + volume.name() + " is being changed on another host at this moment; try again");
    this.volume = volume;
  }

  /** What the volume is now. */
  public Volume volume() {
    return volume;
  }
}
