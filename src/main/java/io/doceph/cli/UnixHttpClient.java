package io.doceph.cli;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.net.ProtocolException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

/**
 * One HTTP/1.1 request a connection over a UNIX socket, ended by a wall-clock deadline whatever the
 * other side does.
 */
final class UnixHttpClient {
  private final Path socket;
  private final Duration deadline;

  /**
   * @param socket the daemon's socket
   * @param deadline for connecting, asking and reading the answer together
   */
  UnixHttpClient(Path socket, Duration deadline) {
    this.socket = socket;
    this.deadline = deadline;
  }

  /**
   * Sends a request and reads the whole answer.
   *
   * @param target the path with its query, already percent-encoded
   * @param json the body, empty for none
   * @throws CliFailure unreachable, timeout, connection-lost or bad-answer
   */
  HttpAnswer send(String method, String target, String json) {
    try (SocketChannel channel = open();
        Watchdog watchdog = Watchdog.over(channel, deadline)) {
      connect(channel, watchdog);
      return exchange(channel, watchdog, request(method, target, json));
    } catch (IOException e) {
      // Only closing is left to fail here; the answer is lost with it.
      throw connectionLost();
    }
  }

  private SocketChannel open() {
    try {
      return SocketChannel.open(StandardProtocolFamily.UNIX);
    } catch (IOException | UnsupportedOperationException e) {
      throw ConnectFailure.of(socket, e);
    }
  }

  private void connect(SocketChannel channel, Watchdog watchdog) {
    try {
      channel.connect(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      throw watchdog.fired()
          ? ConnectFailure.noAnswer(socket, deadline)
          : ConnectFailure.of(socket, e);
    }
  }

  private HttpAnswer exchange(SocketChannel channel, Watchdog watchdog, byte[] request) {
    try {
      write(channel, request);
      return new HttpAnswerReader(new BufferedInputStream(Channels.newInputStream(channel))).read();
    } catch (ProtocolException e) {
      throw new CliFailure(
          ErrorCode.BAD_ANSWER,
          "what listens on "
              + socket
              + " does not answer like doceph ("
              + e.getMessage()
              + "); name doceph's socket with --socket");
    } catch (IOException e) {
      throw watchdog.fired() ? timeout() : connectionLost();
    }
  }

  private static void write(SocketChannel channel, byte[] request) {
    ByteBuffer buffer = ByteBuffer.wrap(request);
    try {
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
    } catch (IOException e) {
      // A server may refuse and close before it has read everything: what it said is still there to
      // be read, and when it
      // said nothing, reading reports the loss.
      return;
    }
  }

  private static byte[] request(String method, String target, String json) {
    byte[] body = json.getBytes(StandardCharsets.UTF_8);
    String head =
        method
            + " "
            + target
            + " HTTP/1.1\r\nHost: doceph\r\nAccept: application/json\r\nConnection: close\r\n";
    if (!method.equals("GET")) {
      head += "Content-Length: " + body.length + "\r\n";
    }
    if (body.length > 0) {
      head += "Content-Type: application/json\r\n";
    }
    return (head + "\r\n" + json).getBytes(StandardCharsets.UTF_8);
  }

  private CliFailure timeout() {
    return new CliFailure(
        ErrorCode.TIMEOUT,
        "the daemon at "
            + socket
            + " has not answered within "
            + deadline.toSeconds()
            + " s and may still be at work; see what it does with 'doceph info'");
  }

  private CliFailure connectionLost() {
    return new CliFailure(
        ErrorCode.CONNECTION_LOST,
        "the daemon at "
            + socket
            + " closed the connection before its answer was complete, so the outcome is unknown; look with 'doceph list' and in the daemon's log");
  }
}
