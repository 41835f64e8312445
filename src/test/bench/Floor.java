import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** What the machine itself needs for the least that an operation has to do, in the same minute. */
final class Floor {
  private Floor() {}

  /** A round trip over a bare UNIX socket: 150 bytes there, {@code answer} bytes back. */
  static Samples roundTrip(Path scratch, int answer, int count) throws IOException {
    Path socket = scratch.resolve("echo");
    Files.deleteIfExists(socket);
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(socket));
      Thread.ofPlatform().daemon().start(() -> serve(server, answer));
      try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
        ByteBuffer request = ByteBuffer.allocateDirect(150);
        ByteBuffer received = ByteBuffer.allocateDirect(answer);
        return Samples.of(
            count,
            i -> {
              request.clear();
              client.write(request);
              received.clear();
              while (received.hasRemaining()) {
                client.read(received);
              }
            });
      }
    } finally {
      Files.deleteIfExists(socket);
    }
  }

  private static void serve(ServerSocketChannel server, int answer) {
    ByteBuffer request = ByteBuffer.allocateDirect(150);
    ByteBuffer bytes = ByteBuffer.allocateDirect(answer);
    try (SocketChannel client = server.accept()) {
      while (client.read(request.clear()) >= 0) {
        bytes.clear();
        while (bytes.hasRemaining()) {
          client.write(bytes);
        }
      }
    } catch (IOException e) {
      return; // the other end has seen enough
    }
  }

  /** One small file written, synced and renamed, and its directory synced. */
  static Samples syncedFile(Path scratch, int count) throws IOException {
    Path fresh = scratch.resolve("floor.tmp");
    Path file = scratch.resolve("floor");
    return Samples.of(
        count,
        i -> {
          try (FileChannel channel =
              FileChannel.open(fresh, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(400));
            channel.force(true);
          }
          Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
          try (FileChannel directory = FileChannel.open(scratch)) {
            directory.force(true);
          }
        });
  }

  /** A program that does nothing, from exec to its end. */
  static Samples program(int count, String... command) throws IOException {
    return Samples.of(
        count,
        i -> {
          Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
          process.getInputStream().readAllBytes();
        });
  }

  /** losetup, mount, umount and losetup -d, run by a shell that is there already. */
  static final class BareLoop implements AutoCloseable {
    private static final String SCRIPT =
        """
        while read -r line; do
          device=$(losetup --find --show --nooverlap --direct-io=on "$1") &&
            mount -t "$2" -- "$device" "$3" && umount -- "$3" && losetup --detach "$device" &&
            echo done || echo failed
        done
        """;

    private final Process shell;
    private final Writer in;
    private final BufferedReader out;

    BareLoop(Path file, String filesystem, Path mountpoint) throws IOException {
      Files.createDirectories(mountpoint);
      shell =
          new ProcessBuilder(
                  "/bin/sh", "-c", SCRIPT, "sh", file.toString(), filesystem, mountpoint.toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      in = shell.outputWriter();
      out = shell.inputReader();
    }

    void run() throws IOException {
      in.write("go\n");
      in.flush();
      if (!"done".equals(out.readLine())) {
        throw new IOException("the bare commands failed, see above");
      }
    }

    @Override
    public void close() throws IOException {
      in.close();
      shell.destroy();
    }
  }
}
