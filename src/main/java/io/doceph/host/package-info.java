/**
 * The machine: mount table, filesystems, block devices, boot id. Knows nothing of volumes or of
 * Docker.
 */
@NullMarked
package io.doceph.host;

import org.jspecify.annotations.NullMarked;
