package io.doceph.server;

/** The daemon does not start; the message is one sentence for the administrator. */
final class StartRefused extends RuntimeException {
  private static final long serialVersionUID = 1L;

  StartRefused(String message) {
    super(message);
  }
}
