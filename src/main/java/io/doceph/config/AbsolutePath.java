package io.doceph.config;

import java.nio.file.Path;

/**
 * A path that begins with {@code /}: a daemon has no useful working directory.
 *
 * @param path the path, normalised
 */
public record AbsolutePath(Path path) {
  public AbsolutePath {
    if (!path.isAbsolute()) {
      throw new IllegalArgumentException(
          "'" + path + "' is not an absolute path; it must begin with /");
    }
    path = path.normalize();
  }

  @Override
  public String toString() {
    return path.toString();
  }
}
