package io.doceph.rig;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/1.1 request or response as it lay on the wire.
 *
 * @param head first line and headers, with the empty line that ends them
 * @param body the body's content, chunks already joined
 * @param wire every byte, for passing it on unchanged
 */
record HttpMessage(String head, String body, ByteBuffer wire) {

  String firstLine() {
    return head.substring(0, head.indexOf("\r\n"));
  }

  int status() {
    return Integer.parseInt(firstLine().split(" ", -1)[1]);
  }

  String path() {
    return firstLine().split(" ", -1)[1];
  }

  /** The header's value without white space around it; null when there is none. */
  @Nullable String header(String name) {
    return header(head, name);
  }

  /** Reads one message; null when the peer closed the connection before its first byte. */
  static @Nullable HttpMessage read(InputStream in) throws IOException {
    var wire = new ByteArrayOutputStream();
    String head = readHead(in, wire);
    if (head.isEmpty()) {
      return null;
    }
    String length = header(head, "content-length");
    if ("chunked".equals(header(head, "transfer-encoding"))) {
      return new HttpMessage(head, readChunks(in, wire), ByteBuffer.wrap(wire.toByteArray()));
    }
    byte[] body = length == null ? new byte[0] : in.readNBytes(Integer.parseInt(length));
    if (length != null && body.length < Integer.parseInt(length)) {
      throw new EOFException("connection closed within a body");
    }
    wire.write(body);
    return new HttpMessage(
        head, new String(body, StandardCharsets.UTF_8), ByteBuffer.wrap(wire.toByteArray()));
  }

  private static String readHead(InputStream in, ByteArrayOutputStream wire) throws IOException {
    byte[] end = {'\r', '\n', '\r', '\n'};
    byte[] last = new byte[end.length];
    while (!Arrays.equals(last, end)) {
      int next = in.read();
      if (next < 0) {
        if (wire.size() == 0) {
          return "";
        }
        throw new EOFException("connection closed within headers: " + wire);
      }
      wire.write(next);
      System.arraycopy(last, 1, last, 0, end.length - 1);
      last[end.length - 1] = (byte) next;
    }
    return wire.toString(StandardCharsets.UTF_8);
  }

  private static String readChunks(InputStream in, ByteArrayOutputStream wire) throws IOException {
    var body = new ByteArrayOutputStream();
    int size;
    do {
      size = HexFormat.fromHexDigits(readLine(in, wire));
      byte[] chunk = in.readNBytes(size);
      body.write(chunk);
      wire.write(chunk);
      readLine(in, wire);
    } while (size > 0);
    return body.toString(StandardCharsets.UTF_8);
  }

  private static String readLine(InputStream in, ByteArrayOutputStream wire) throws IOException {
    var line = new ByteArrayOutputStream();
    int next;
    while ((next = in.read()) != '\n') {
      if (next < 0) {
        throw new EOFException("connection closed within a chunk");
      }
      wire.write(next);
      line.write(next);
    }
    wire.write(next);
    return line.toString(StandardCharsets.UTF_8).strip();
  }

  private static @Nullable String header(String head, String name) {
    List<String> lines = Arrays.asList(head.split("\r\n", -1));
    String prefix = name.toLowerCase(Locale.ROOT) + ":";
    for (String line : lines.subList(1, lines.size())) {
      if (line.toLowerCase(Locale.ROOT).startsWith(prefix)) {
        return line.substring(prefix.length()).strip();
      }
    }
    return null;
  }
}
