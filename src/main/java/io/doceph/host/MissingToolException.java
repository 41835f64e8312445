package io.doceph.host;

public final class MissingToolException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  MissingToolException(String m) {
    super(m);
  }
}
