package io.doceph.volume;

import java.time.Instant;

/**
 * A removed volume that can still be brought back.
 *
 * @param id names it among all that were removed
 * @param name the volume's name when it was removed
 * @param volume what it was
 * @param deletedAt when it was removed
 * @param expiresAt when it may be deleted for good
 */
public record Trashed(
    String id, VolumeName name, Volume volume, Instant deletedAt, Instant expiresAt) {}
