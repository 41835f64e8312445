package io.doceph.volume;

import io.doceph.host.process.CommandFailure;
import java.io.IOException;
import java.util.Locale;

/** Turns what lower rooms throw into the one failure that edges know. */
final class Failures {
  private Failures() {}

  static VolumeError ofCommand(CommandFailure e) {
    VolumeError.Code code =
        switch (e.kind()) {
          case TIMEOUT, STUCK -> VolumeError.Code.TIMEOUT;
          case TOO_MANY -> VolumeError.Code.BUSY;
          default -> VolumeError.Code.FAILED;
        };
    return new VolumeError(code, String.valueOf(e.getMessage()), e);
  }

  /**
   * Whether a command that cannot be killed is behind a failure: what it works on is not touched.
   */
  static boolean isStuck(Throwable failure) {
    Throwable cause = failure instanceof VolumeError ? failure.getCause() : failure;
    return cause instanceof CommandFailure f && f.kind() == CommandFailure.Kind.STUCK;
  }

  static VolumeError unexpected(String kind, VolumeName volume, Throwable e) {
    return new VolumeError(
        VolumeError.Code.FAILED,
        kind
            + " of volume "
            + volume
            + " failed: "
            + (e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage()),
        e);
  }

  /** A file operation that failed; the step is named as in "cannot make the directory". */
  static VolumeError ofFile(String step, IOException e) {
    String why = String.valueOf(e.getMessage());
    VolumeError.Code code =
        why.toLowerCase(Locale.ROOT).contains("stale file handle")
            ? VolumeError.Code.UNAVAILABLE
            : VolumeError.Code.FAILED;
    String kind = e.getClass().getSimpleName().replace("Exception", "");
    return new VolumeError(code, step + ": " + why + " (" + kind + ")", e);
  }
}
