/** Volumes as directories under one path, which may be an NFS mount that several hosts share. */
@NullMarked
package io.doceph.backend.vfs;

import org.jspecify.annotations.NullMarked;
