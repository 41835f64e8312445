/**
 * The domain: names, specifications, the volume service (locks, order of steps, undo), the mount
 * registry and the backend contract. Knows no protocol and no particular backend.
 */
@NullMarked
package io.doceph.volume;

import org.jspecify.annotations.NullMarked;
