/**
 * Ceph RBD images as volumes, by way of the programs {@code rbd}, {@code rados} and {@code ceph}.
 * Knows nothing of Docker, of requests, or of mounting: it makes images, keeps the index of the
 * volumes in the pool, maps images to devices, and sees to it that one host at a time writes.
 */
@NullMarked
package io.doceph.backend.rbd;

import org.jspecify.annotations.NullMarked;
