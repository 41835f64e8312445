/** Sockets, start-up order, recovery at start. The only room that knows Vert.x and Netty. */
@NullMarked
package io.doceph.server;

import org.jspecify.annotations.NullMarked;
