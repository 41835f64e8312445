package io.doceph.host;

import java.io.Serial;
import java.nio.file.Path;

/**
 * A state file exists, but cannot be trusted. The message names the file and what is wrong with it.
 */
public sealed class DamagedStateException extends HostException permits NewerStateException {

  @Serial private static final long serialVersionUID = 1L;

  DamagedStateException(Path file, String what) {
    super("the state file %s is damaged: %s".formatted(file, what));
  }
}
