package io.doceph.host;

public final class DamagedStateException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  DamagedStateException(String m) {
    super(m);
  }
}
