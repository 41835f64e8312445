package io.doceph.cli;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Paths of the daemon's API. */
final class ApiPath {
  static final String INFO = "/v1/info";
  static final String DOCTOR = "/v1/doctor";
  static final String REPAIR = "/v1/doctor/repair";
  static final String VOLUMES = "/v1/volumes";
  static final String ADOPT = "/v1/adopt";
  static final String TRASH = "/v1/trash";
  static final String RESTORE = "/v1/trash/restore";
  static final String PURGE = "/v1/trash/purge";
  static final String IMPORT_LEGACY = "/v1/import-legacy";

  private ApiPath() {}

  /**
   * A volume's path, its name percent-encoded. The daemon checks the name; only those that would
   * make another path of it are refused here.
   */
  static String volume(String name) {
    if (name.isEmpty() || name.equals(".") || name.equals("..")) {
      throw new CliFailure(
          ErrorCode.INVALID_REQUEST,
          "'" + name + "' is no volume name; a name begins with a letter or a digit, as in db1");
    }
    return VOLUMES + "/" + encode(name);
  }

  /** The path of something that can be done with a volume. */
  static String volume(String name, String action) {
    return volume(name) + "/" + action;
  }

  private static String encode(String text) {
    StringBuilder encoded = new StringBuilder();
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      if (c < 0x80 && (Character.isLetterOrDigit(c) || "-._~".indexOf(c) >= 0)) {
        encoded.append(c);
      } else {
        encoded.append(String.format(Locale.ROOT, "%%%02X", (int) c));
      }
    }
    return encoded.toString();
  }
}
