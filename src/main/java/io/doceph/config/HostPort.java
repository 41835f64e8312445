package io.doceph.config;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An address to listen on, such as {@code 127.0.0.1:9999} or {@code [::1]:9999}.
 *
 * @param host a literal address or a host name
 * @param port 1 to 65535
 */
public record HostPort(String host, int port) {
  private static final Pattern TEXT =
      Pattern.compile("(?:\\[([0-9a-fA-F:.]+)]|([^:\\[\\]]+)):(\\d{1,5})");

  public HostPort {
    if (port < 1 || port > 65535) {
      throw new IllegalArgumentException("port " + port + " is not between 1 and 65535");
    }
  }

  /**
   * Reads {@code HOST:PORT}.
   *
   * @throws IllegalArgumentException with one sentence that says what is allowed
   */
  public static HostPort parse(String text) {
    Matcher m = TEXT.matcher(text.strip());
    if (!m.matches()) {
      throw new IllegalArgumentException(
          "'" + text + "' is not HOST:PORT, such as 127.0.0.1:9999 or [::1]:9999");
    }
    String host = m.group(1) != null ? m.group(1) : m.group(2);
    return new HostPort(host, Integer.parseInt(m.group(3)));
  }

  @Override
  public String toString() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }
}
