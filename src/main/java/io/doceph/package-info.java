/** The entrance: picks the daemon or a client command; only the daemon boots Quarkus. */
@NullMarked
package io.doceph;

import org.jspecify.annotations.NullMarked;
