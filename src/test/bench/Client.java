import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One connection to the plugin socket that is kept open, as dockerd keeps its own. */
final class Client implements AutoCloseable {
  private static final Pattern LENGTH =
      Pattern.compile("\r\nContent-Length: *(\\d+)\r\n", Pattern.CASE_INSENSITIVE);
  private static final Pattern ERROR = Pattern.compile("\"Err\":\"((?:[^\"\\\\]|\\\\.)+)\"");

  private final SocketChannel channel;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(16 << 20);

  Client(Path socket) throws IOException {
    channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.connect(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /** A call of Docker's; the answer's body. */
  String call(String call, String body) throws IOException {
    String text = string(post(call, body));
    Matcher error = ERROR.matcher(text);
    if (error.find()) {
      throw new IOException(call + ": " + error.group(1));
    }
    return text;
  }

  /** A call whose answer is received and not looked at; how many bytes it has. */
  int post(String call, String body) throws IOException {
    return exchange(
        "POST /%s HTTP/1.1\r\nHost: \r\nContent-Length: %d\r\n\r\n%s"
            .formatted(call, body.length(), body));
  }

  String get(String path) throws IOException {
    return string(exchange("GET " + path + " HTTP/1.1\r\nHost: \r\n\r\n"));
  }

  /** Sends a request and receives the whole answer into the buffer; the length of its body. */
  private int exchange(String request) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
    buffer.clear();
    int head = -1;
    while (head < 0) {
      receive();
      head = endOfHead();
    }
    Matcher length = LENGTH.matcher(ascii(0, head));
    if (!length.find()) {
      throw new IOException("an answer without Content-Length: " + ascii(0, head));
    }
    int body = Integer.parseInt(length.group(1));
    while (buffer.position() < head + body) {
      receive();
    }
    return body;
  }

  private void receive() throws IOException {
    if (channel.read(buffer) < 0) {
      throw new EOFException("the daemon closed the connection");
    }
  }

  private int endOfHead() {
    int end = Math.min(buffer.position(), 4096) - 3;
    for (int i = 0; i < end; i++) {
      if (buffer.get(i) == '\r' && buffer.get(i + 1) == '\n' && buffer.get(i + 2) == '\r') {
        return i + 4;
      }
    }
    return -1;
  }

  private String string(int length) {
    return ascii(buffer.position() - length, buffer.position());
  }

  private String ascii(int from, int to) {
    byte[] bytes = new byte[to - from];
    buffer.get(from, bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
