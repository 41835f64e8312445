/** The daemon's own HTTP API under {@code /v1}, for the command line and for scripts. */
@NullMarked
package io.doceph.admin;

import org.jspecify.annotations.NullMarked;
