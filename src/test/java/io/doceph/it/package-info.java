/**
 * The daemon proven from outside, without a dockerd: its executable, its environment, its sockets
 * and the machine it changes. Stories tagged {@code rig} need root.
 */
@NullMarked
package io.doceph.it;

import org.jspecify.annotations.NullMarked;
