package io.doceph.observe;

import org.jspecify.annotations.Nullable;

/**
 * One finding of {@link Doctor}.
 *
 * @param name what was looked at
 * @param status how it is
 * @param detail what was seen, one sentence or value
 * @param remedy what to do, or null when nothing is to be done
 */
public record Check(String name, Status status, String detail, @Nullable String remedy) {
  /** How a thing is. */
  public enum Status {
    /** In order. */
    OK("ok"),
    /** Works, and somebody should know. */
    WARNING("warning"),
    /** Does not work. */
    PROBLEM("problem");

    private final String text;

    Status(String text) {
      this.text = text;
    }

    /** The status as it is written. */
    public String text() {
      return text;
    }
  }

  static Check ok(String name, String detail) {
    return new Check(name, Status.OK, detail, null);
  }

  static Check warning(String name, String detail, String remedy) {
    return new Check(name, Status.WARNING, detail, remedy);
  }

  static Check problem(String name, String detail, String remedy) {
    return new Check(name, Status.PROBLEM, detail, remedy);
  }
}
