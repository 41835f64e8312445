/**
 * The command line: a client of the daemon's own API ({@code /v1}) over its UNIX socket. One file a
 * command. It knows the API's JSON and nothing of the daemon's other rooms, and never boots
 * Quarkus.
 */
@NullMarked
package io.doceph.cli;

import org.jspecify.annotations.NullMarked;
