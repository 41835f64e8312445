package io.doceph.host;

import java.io.Serial;
import java.nio.file.Path;

/** A device that was to be formatted holds something, and was left as it is. */
public final class DeviceNotBlankException extends HostException {

  @Serial private static final long serialVersionUID = 1L;

  DeviceNotBlankException(Path device, String found) {
    super(
        "%s is not formatted, because it is not blank: it holds %s; mount it as it is, or wipe it yourself if that is not needed"
            .formatted(device, found));
  }
}
