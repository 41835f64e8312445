package io.doceph.server;

/** The daemon does not start; the message is one sentence for the administrator. */
final class StartRefused extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean forGood;

  /** What may be otherwise at the next try. */
  StartRefused(String message) {
    this(message, false);
  }

  private StartRefused(String message, boolean forGood) {
    super(message);
    this.forGood = forGood;
  }

  /** What only an administrator can mend: to try again is of no use. */
  static StartRefused forGood(String message) {
    return new StartRefused(message, true);
  }

  boolean isForGood() {
    return forGood;
  }
}
