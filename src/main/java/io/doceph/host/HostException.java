package io.doceph.host;

import java.io.Serial;

/**
 * The machine is not as it must be, or did not do what it was asked to. The message is one sentence
 * for an administrator. (A tool that failed throws {@link io.doceph.host.process.CommandFailure}
 * instead.)
 */
public class HostException extends RuntimeException {

  @Serial private static final long serialVersionUID = 1L;

  HostException(String message) {
    super(message);
  }

  HostException(String message, Throwable cause) {
    super(message, cause);
  }
}
