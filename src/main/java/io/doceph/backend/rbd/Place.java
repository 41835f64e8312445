package io.doceph.backend.rbd;

import java.util.regex.Pattern;

/**
 * Where images lie: a pool, and a RADOS namespace in it.
 *
 * @param pool the pool's name
 * @param namespace the namespace's name, empty for the pool's own
 */
record Place(String pool, String namespace) {
  private static final Pattern RULE = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}");

  Place {
    if (!RULE.matcher(pool).matches()
        || !(namespace.isEmpty() || RULE.matcher(namespace).matches())) {
      throw new IllegalArgumentException(
          "'"
              + pool
              + (namespace.isEmpty() ? "" : "/" + namespace)
              + "' is not the name of a pool, such as volumes, or of a namespace in one, such as volumes/team1");
    }
  }

  /** Reads {@code POOL} or {@code POOL/NAMESPACE}. */
  static Place parse(String text) {
    int slash = text.indexOf('/');
    return slash < 0
        ? new Place(text, "")
        : new Place(text.substring(0, slash), text.substring(slash + 1));
  }

  /** {@code POOL} or {@code POOL/NAMESPACE}. */
  @Override
  public String toString() {
    return namespace.isEmpty() ? pool : pool + "/" + namespace;
  }
}
