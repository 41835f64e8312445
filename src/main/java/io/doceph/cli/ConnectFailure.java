package io.doceph.cli;

import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Says why a socket cannot be connected to, and what to do. */
final class ConnectFailure {
  /** {@code sun_path} of Linux has 108 bytes, one of them the end. */
  private static final int MAX_PATH_BYTES = 107;

  private static final String START =
      "start the daemon with 'systemctl start doceph', or name its socket with --socket";

  private ConnectFailure() {}

  static CliFailure of(Path socket, Exception cause) {
    if (socket.toString().getBytes(StandardCharsets.UTF_8).length > MAX_PATH_BYTES) {
      return unreachable(
          socket,
          "the path is longer than the " + MAX_PATH_BYTES + " bytes of a UNIX socket's",
          "name a shorter one with --socket");
    }
    // The files are asked and not the exception's text, which is the C library's and in the user's
    // language.
    if (Files.notExists(socket)) {
      return unreachable(socket, "there is no such socket", START);
    }
    if (Files.isRegularFile(socket) || Files.isDirectory(socket)) {
      return unreachable(socket, "it is not a socket", "name doceph's socket with --socket");
    }
    if (cause instanceof ConnectException) {
      return unreachable(socket, "connection refused, nothing listens on it", START);
    }
    if (!Files.isWritable(socket)
        || String.valueOf(cause.getMessage()).contains("Permission denied")) {
      return unreachable(
          socket,
          "permission denied",
          "run this as root or as a member of the socket's group, or name another socket with --socket");
    }
    return unreachable(socket, Printable.of(String.valueOf(cause.getMessage())), START);
  }

  /** The socket is there, but its queue of connections is full and stays so. */
  static CliFailure noAnswer(Path socket, Duration waited) {
    return unreachable(
        socket,
        "it has not accepted a connection within " + waited.toSeconds() + " s",
        "look at the daemon with 'systemctl status doceph'");
  }

  private static CliFailure unreachable(Path socket, String why, String remedy) {
    return new CliFailure(
        ErrorCode.UNREACHABLE, "cannot reach the daemon at " + socket + ": " + why + "; " + remedy);
  }
}
