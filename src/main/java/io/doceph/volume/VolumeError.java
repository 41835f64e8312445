package io.doceph.volume;

import org.jspecify.annotations.Nullable;

/**
 * A call that cannot be answered as asked. The message is one sentence for a person: what, why,
 * what to do.
 */
public sealed class VolumeError extends RuntimeException permits ChangedElsewhere {
  private static final long serialVersionUID = 1L;

  /** Kinds of failure; the edges map them to statuses and exit codes, the meters count them. */
  public enum Code {
    /** The request itself is wrong; sending it again changes nothing. */
    INVALID("invalid-request"),
    /** There is no such volume. */
    NOT_FOUND("not-found"),
    /** The volume exists and is different from what was asked for. */
    CONFLICT("conflict"),
    /** The volume is mounted or otherwise used. */
    IN_USE("in-use"),
    /** Another operation on the volume runs; later it may work. */
    BUSY("busy"),
    /** The backend cannot answer now. */
    UNAVAILABLE("unavailable"),
    /** The time for the call ran out; what was done of it has been or is being undone. */
    TIMEOUT("timeout"),
    /** A step failed. */
    FAILED("failed");

    private final String text;

    Code(String text) {
      this.text = text;
    }

    /** The code as it is written in answers and meters. */
    public String text() {
      return text;
    }
  }

  private final Code code;

  /** A failure with its sentence. */
  public VolumeError(Code code, String message) {
    this(code, message, null);
  }

  /** A failure with its sentence and the exception behind it, which only the log shows. */
  public VolumeError(Code code, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  /** The kind of failure. */
  public Code code() {
    return code;
  }

  /** The failure for a name that no backend has. */
  public static VolumeError unknown(VolumeName name) {
    return new VolumeError(
        Code.NOT_FOUND, "there is no volume " + name + "; `doceph list` shows those there are");
  }
}
