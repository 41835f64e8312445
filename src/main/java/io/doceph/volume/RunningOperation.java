package io.doceph.volume;

import java.time.Instant;

/**
 * An operation that runs now.
 *
 * @param volume its volume
 * @param operation what it is, such as {@code create}
 * @param since when it began
 */
public record RunningOperation(VolumeName volume, String operation, Instant since) {}
