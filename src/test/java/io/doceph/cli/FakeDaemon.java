package io.doceph.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A real server on a UNIX socket that records each request and replays the same canned bytes to it.
 */
final class FakeDaemon implements AutoCloseable {
  /**
   * A part that is not sent: the server then keeps the connection open and says nothing more until
   * it is closed.
   */
  static final String SILENCE = "<silence>";

  final Path socket;
  private final ServerSocketChannel server;
  private final List<String> parts;
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final List<SocketChannel> silent = new CopyOnWriteArrayList<>();

  private FakeDaemon(Path directory, List<String> parts) throws IOException {
    this.socket = directory.resolve("d.sock");
    this.parts = parts;
    this.server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
  }

  /** Sends the parts one by one, with a pause between them, and closes. */
  static FakeDaemon sending(Path directory, String... parts) throws IOException {
    FakeDaemon daemon = new FakeDaemon(directory, List.of(parts));
    Thread.ofVirtual().start(daemon::serve);
    return daemon;
  }

  /** Answers with that status and JSON. */
  static FakeDaemon answering(Path directory, int status, String json) throws IOException {
    return sending(directory, http(status, json));
  }

  static String http(int status, String json) {
    int length = json.getBytes(StandardCharsets.UTF_8).length;
    return "HTTP/1.1 "
        + status
        + " Whatever\r\nContent-Type: application/json\r\ncontent-length: "
        + length
        + "\r\n\r\n"
        + json;
  }

  /** The only request so far: its line, and its body after a space when there is one. */
  String request() {
    if (requests.size() != 1) {
      throw new IllegalStateException("requests: " + requests);
    }
    return requests.getFirst();
  }

  /** All requests so far, in the form of {@link #request()}. */
  List<String> requests() {
    return List.copyOf(requests);
  }

  private void serve() {
    while (server.isOpen()) {
      try {
        SocketChannel client = server.accept();
        requests.add(read(client));
        for (String part : parts) {
          if (part.equals(SILENCE)) {
            silent.add(client);
            break;
          }
          ByteBuffer bytes = ByteBuffer.wrap(part.getBytes(StandardCharsets.UTF_8));
          while (bytes.hasRemaining()) {
            client.write(bytes);
          }
          Thread.sleep(20);
        }
        if (!silent.contains(client)) {
          client.close();
        }
      } catch (IOException e) {
        // The client went away or the test ended: on to the next connection, if any.
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private static String read(SocketChannel client) throws IOException {
    BufferedReader in =
        new BufferedReader(
            new InputStreamReader(Channels.newInputStream(client), StandardCharsets.UTF_8));
    String request = in.readLine();
    int length = 0;
    boolean host = false;
    for (String line = in.readLine(); !line.isEmpty(); line = in.readLine()) {
      if (line.startsWith("Content-Length: ")) {
        length = Integer.parseInt(line.substring(16));
      }
      host |= line.equals("Host: doceph");
    }
    StringBuilder body = new StringBuilder();
    while (body.length() < length) {
      body.append((char) in.read());
    }
    String text = host ? request.replace(" HTTP/1.1", "") : "no Host: " + request;
    return body.isEmpty() ? text : text + " " + body;
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (SocketChannel client : silent) {
      client.close();
    }
  }
}
