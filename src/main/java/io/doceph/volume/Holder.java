package io.doceph.volume;

import java.time.Instant;

/**
 * One reference to a mounted volume: a mount ID of Docker's.
 *
 * @param count how often the ID has mounted without unmounting; {@code docker cp} mounts again with
 *     the running container's ID
 * @param epoch the life of dockerd (counted by Activate) in which it was taken last
 * @param since since when
 * @param released whether its last Unmount was asked for and failed: the next Mount of the ID
 *     replaces it
 */
public record Holder(int count, long epoch, Instant since, boolean released) {
  public Holder {
    if (count < 1) {
      throw new IllegalArgumentException("a holder holds at least once");
    }
  }
}
