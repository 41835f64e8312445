package io.doceph.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;

/** This program's version, which the build writes into a resource. */
final class Version {
  private Version() {}

  /**
   * The version, or {@code development} when the build has not filled it in (a run from an IDE).
   */
  static String read() {
    Properties properties = new Properties();
    try (InputStream in = Version.class.getResourceAsStream("version.properties")) {
      if (in != null) {
        properties.load(in);
      }
    } catch (IOException e) {
      return "development";
    }
    String version = properties.getProperty("version", "");
    return version.isEmpty() || version.startsWith("$") ? "development" : version;
  }
}
