/** Ceph RBD images as volumes. */
@NullMarked
package io.doceph.backend.rbd;

import org.jspecify.annotations.NullMarked;
