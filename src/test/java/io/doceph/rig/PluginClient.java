package io.doceph.rig;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A plain HTTP/1.1 client over a UNIX socket that keeps its connection open, as dockerd does, and
 * sends exactly what it is told: dockerd's own headers in {@link #post}, anything at all in {@link
 * #send}. For one thread.
 */
public final class PluginClient implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path socket;
  private @Nullable SocketChannel connection;

  /** A client of the socket at this path; it connects at its first request. */
  public PluginClient(Path socket) {
    this.socket = socket;
  }

  /** An answer: HTTP status and body. */
  public record Answer(int status, String body, String head) {
    /** The body as JSON; a body that is none fails the test. */
    public JsonNode json() {
      return parse(body);
    }

    /** The plugin's error text; empty when there is none. */
    public String err() {
      return json().path("Err").asText();
    }
  }

  /** Posts a body as dockerd does, to {@code /VolumeDriver.Get} and the like. */
  public Answer post(String path, String body) {
    return post(path, body, "Accept: application/vnd.docker.plugins.v1.2+json");
  }

  /** Posts a body with these header lines and an empty Host. */
  public Answer post(String path, String body, String... headers) {
    return request("POST", path, body, headers);
  }

  /** Sends a request with these header lines and an empty Host. */
  public Answer request(String method, String path, String body, String... headers) {
    var head = new StringBuilder(method + " " + path + " HTTP/1.1\r\nHost: \r\n");
    head.append("User-Agent: Go-http-client/1.1\r\n");
    for (String header : headers) {
      head.append(header).append("\r\n");
    }
    byte[] content = body.getBytes(StandardCharsets.UTF_8);
    head.append("Content-Length: ").append(content.length).append("\r\n\r\n");
    return send(head + body);
  }

  /**
   * Sends these characters as they are and reads one answer.
   *
   * @throws UncheckedIOException when there is no connection, or it is closed instead of an answer
   */
  public Answer send(String wire) {
    try {
      SocketChannel channel = connect();
      var bytes = ByteBuffer.wrap(wire.getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      HttpMessage answer = HttpMessage.read(Channels.newInputStream(channel));
      if (answer == null) {
        throw new EOFException("connection closed without an answer");
      }
      if ("close".equalsIgnoreCase(answer.header("connection"))) {
        close();
      }
      return new Answer(answer.status(), answer.body(), answer.head());
    } catch (IOException e) {
      close();
      throw new UncheckedIOException(e);
    }
  }

  private SocketChannel connect() throws IOException {
    SocketChannel channel = connection;
    if (channel == null) {
      channel = SocketChannel.open(StandardProtocolFamily.UNIX);
      connection = channel;
      channel.connect(UnixDomainSocketAddress.of(socket));
    }
    return channel;
  }

  static JsonNode parse(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new AssertionError("no JSON: " + text, e);
    }
  }

  /** Closes the connection; the next request opens another. */
  @Override
  public void close() {
    SocketChannel channel = connection;
    connection = null;
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
