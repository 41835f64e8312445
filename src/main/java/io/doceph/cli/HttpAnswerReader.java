package io.doceph.cli;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads one HTTP/1.1 answer: by Content-Length, chunked, or up to the end of the connection. A
 * {@link ProtocolException} means that it is not HTTP or is too large, an {@link EOFException} that
 * it was cut off.
 */
final class HttpAnswerReader {
  /** Status line and headers together; the daemon sends a few hundred bytes. */
  static final int MAX_HEAD_BYTES = 32 * 1024;

  /** 10,000 volumes take about 5 MiB. */
  static final int MAX_BODY_BYTES = 64 * 1024 * 1024;

  private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.[01] ([1-5][0-9]{2})( .*)?");

  private final InputStream in;
  private int headBytesLeft = MAX_HEAD_BYTES;

  HttpAnswerReader(InputStream in) {
    this.in = in;
  }

  HttpAnswer read() throws IOException {
    int status = readStatus();
    Map<String, String> headers = readHeaders();
    while (status < 200) {
      status = readStatus();
      headers = readHeaders();
    }
    byte[] body = status == 204 || status == 304 ? new byte[0] : readBody(headers);
    String contentType = headers.getOrDefault("content-type", "");
    return new HttpAnswer(status, contentType, new String(body, StandardCharsets.UTF_8));
  }

  private int readStatus() throws IOException {
    String line = readLine();
    Matcher matcher = STATUS_LINE.matcher(line);
    if (!matcher.matches()) {
      throw new ProtocolException("no HTTP status line");
    }
    return Integer.parseInt(matcher.group(1));
  }

  private Map<String, String> readHeaders() throws IOException {
    Map<String, String> headers = new TreeMap<>();
    for (String line = readLine(); !line.isEmpty(); line = readLine()) {
      int colon = line.indexOf(':');
      if (colon <= 0) {
        throw new ProtocolException("a header line without a colon");
      }
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    return headers;
  }

  private byte[] readBody(Map<String, String> headers) throws IOException {
    String coding = headers.get("transfer-encoding");
    if (coding != null) {
      if (!coding.equalsIgnoreCase("chunked")) {
        throw new ProtocolException("an unknown transfer encoding");
      }
      return readChunks();
    }
    String length = headers.get("content-length");
    if (length != null) {
      return readExactly(parseLength(length, 10, 0));
    }
    byte[] body = in.readNBytes(MAX_BODY_BYTES + 1);
    if (body.length > MAX_BODY_BYTES) {
      throw tooLarge();
    }
    return body;
  }

  private byte[] readChunks() throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    while (true) {
      // Each line of the framing has the head's limit anew, or a long list in small chunks would
      // exhaust it.
      headBytesLeft = MAX_HEAD_BYTES;
      String size = readLine();
      int extension = size.indexOf(';');
      int length =
          parseLength(extension < 0 ? size : size.substring(0, extension), 16, body.size());
      if (length == 0) {
        readHeaders();
        return body.toByteArray();
      }
      body.write(readExactly(length));
      if (!readLine().isEmpty()) {
        throw new ProtocolException("a chunk longer than it says");
      }
    }
  }

  private static int parseLength(String text, int radix, int already) throws ProtocolException {
    long length;
    try {
      length = Long.parseLong(text.strip(), radix);
    } catch (NumberFormatException e) {
      throw new ProtocolException("a length that is no number");
    }
    if (length < 0) {
      throw new ProtocolException("a negative length");
    }
    if (length > MAX_BODY_BYTES - already) {
      throw tooLarge();
    }
    return (int) length;
  }

  private byte[] readExactly(int length) throws IOException {
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException("cut off in the body");
    }
    return bytes;
  }

  private String readLine() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0) {
        throw endedIn(line);
      }
      if (--headBytesLeft < 0) {
        throw new ProtocolException("more than " + MAX_HEAD_BYTES / 1024 + " KiB of headers");
      }
      line.append((char) next);
    }
    int end = line.length();
    return end > 0 && line.charAt(end - 1) == '\r' ? line.substring(0, end - 1) : line.toString();
  }

  /**
   * Text that ends without ever having begun like HTTP comes from another server; anything else was
   * cut off.
   */
  private IOException endedIn(StringBuilder line) {
    boolean first = headBytesLeft + line.length() == MAX_HEAD_BYTES;
    if (first && !"HTTP/1.1".startsWith(line.substring(0, Math.min(line.length(), 7)))) {
      return new ProtocolException("no HTTP status line");
    }
    return new EOFException("cut off in the headers");
  }

  private static ProtocolException tooLarge() {
    return new ProtocolException("more than " + MAX_BODY_BYTES / 1024 / 1024 + " MiB of body");
  }
}
