/**
 * Docker's volume plugin protocol: resources, wire forms, and the one mapper from a failure to
 * {@code {"Err": …}}.
 */
@NullMarked
package io.doceph.docker;

import org.jspecify.annotations.NullMarked;
