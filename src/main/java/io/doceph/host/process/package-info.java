/**
 * The only door to other programs. The only room that may touch {@code ProcessBuilder}; JDK only.
 */
@NullMarked
package io.doceph.host.process;

import org.jspecify.annotations.NullMarked;
