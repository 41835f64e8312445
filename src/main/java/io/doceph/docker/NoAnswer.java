package io.doceph.docker;

import jakarta.ws.rs.core.Response;

/**
 * The answer that is none: the connection is closed instead. To dockerd any error status on a Get
 * means "no such volume", and it then forgets the volume's labels and driver for good; a broken
 * connection makes it ask again.
 */
final class NoAnswer {
  /** The response header at which the server room closes the connection; it never goes out. */
  static final String HEADER = "Doceph-Close-Unanswered";

  private NoAnswer() {}

  static Response close() {
    return Response.status(503).header(HEADER, "true").build();
  }
}
