package io.doceph.host;

import java.io.Serial;
import java.nio.file.Path;

/** A state file is of a newer version of doceph, which this one cannot read. */
public final class NewerStateException extends DamagedStateException {

  @Serial private static final long serialVersionUID = 1L;

  NewerStateException(Path file, String what) {
    super(file, what);
  }
}
