/** The command line: a client of the daemon's own API over its UNIX socket. */
@NullMarked
package io.doceph.cli;

import org.jspecify.annotations.NullMarked;
