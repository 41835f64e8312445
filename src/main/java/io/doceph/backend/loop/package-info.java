/** Volumes as sparse files behind loop devices: sizes are enforced, on one host. */
@NullMarked
package io.doceph.backend.loop;

import org.jspecify.annotations.NullMarked;
