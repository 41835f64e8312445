/**
 * Proof against a real dockerd: the harness that starts one in namespaces of its own, the daemon
 * under test and a recorder between the two, and the stories told with them (classes named {@code
 * *IT}, tagged {@code rig}). It knows the daemon only from outside: its executable, its environment
 * and its socket.
 */
@NullMarked
package io.doceph.rig;

import org.jspecify.annotations.NullMarked;
