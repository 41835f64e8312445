package io.doceph.host;

import java.io.Serial;

/**
 * A program that is needed is not installed, or not where the configuration says. The message says
 * what to do.
 */
public final class MissingToolException extends HostException {

  @Serial private static final long serialVersionUID = 1L;

  MissingToolException(String message) {
    super(message);
  }
}
