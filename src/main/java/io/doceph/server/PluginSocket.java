package io.doceph.server;

import io.doceph.config.FileMode;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The UNIX socket that Docker connects to: opened here, or taken over from systemd.
 *
 * <p>It is bound inside a directory that only we may enter, given its mode and group there, and
 * then renamed to its place: at no instant is it wider than configured, and a stale socket is
 * replaced in one step. What is at the path is replaced only if it is a socket that nobody listens
 * on.
 */
final class PluginSocket {
  private static final Logger LOG = Logger.getLogger(PluginSocket.class);
  private static final int BACKLOG = 1024;
  private static final int LONGEST_PATH = 107; // sockaddr_un has 108 bytes with the closing zero

  private final ServerSocketChannel channel;
  private final Path path;
  private final @Nullable Object fileKey;

  private PluginSocket(ServerSocketChannel channel, Path path, @Nullable Object fileKey) {
    this.channel = channel;
    this.path = path;
    this.fileKey = fileKey;
  }

  ServerSocketChannel channel() {
    return channel;
  }

  Path path() {
    return path;
  }

  /** Whether systemd opened it and keeps it. */
  boolean isInherited() {
    return fileKey == null;
  }

  /**
   * Takes systemd's socket if standard input is one ({@code StandardInput=socket}), else opens one.
   *
   * @throws StartRefused when another daemon listens there or the path is taken by something else
   */
  static PluginSocket open(Path path, FileMode mode, @Nullable String group) {
    Optional<ServerSocketChannel> inherited = inherited();
    if (inherited.isPresent()) {
      return new PluginSocket(inherited.get(), path, null);
    }
    refuseIfTaken(path);
    try {
      return bind(path, mode, group);
    } catch (UserPrincipalNotFoundException e) {
      throw new StartRefused(
          "there is no group '" + group + "'; correct doceph.socket-group, or make the group");
    } catch (IOException e) {
      throw new StartRefused("cannot open the socket " + path + ": " + e.getMessage());
    }
  }

  private static Optional<ServerSocketChannel> inherited() {
    try {
      if (!Files.readSymbolicLink(Path.of("/proc/self/fd/0")).toString().startsWith("socket:")) {
        return Optional.empty();
      }
      Channel channel = System.inheritedChannel();
      if (!(channel instanceof ServerSocketChannel server)) {
        return Optional.empty();
      }
      if (!(server.getLocalAddress() instanceof UnixDomainSocketAddress)) {
        throw new StartRefused(
            "the socket on standard input is no UNIX socket; give ListenStream= a path, and use doceph.listen.tcp for TCP");
      }
      return Optional.of(server);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static void refuseIfTaken(Path path) {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    if (!isSocket(path)) {
      throw new StartRefused(
          path
              + " exists and is no socket; it has not been touched: move it away or choose another doceph.socket");
    }
    if (isAnswered(path)) {
      throw new StartRefused(
          "another doceph is running: somebody listens on "
              + path
              + "; stop it, or choose another doceph.socket");
    }
  }

  private static boolean isSocket(Path path) {
    try {
      int type = 0170000 & (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
      return type == 0140000;
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean isAnswered(Path path) {
    try (SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      client.configureBlocking(false);
      // A full backlog throws EAGAIN, which is not a refusal: somebody listens.
      client.connect(UnixDomainSocketAddress.of(path));
      return true;
    } catch (IOException e) {
      String why = String.valueOf(e.getMessage());
      return !why.contains("refused") && !why.contains("No such file");
    }
  }

  private static PluginSocket bind(Path path, FileMode mode, @Nullable String group)
      throws IOException {
    Path parent = path.toAbsolutePath().getParent();
    if (parent == null) {
      throw new IOException("it has no parent directory");
    }
    Files.createDirectories(parent);
    Path closed = closedDirectory(parent);
    Path fresh = closed.resolve("s");
    try {
      requireFits(fresh);
      requireFits(path);
      ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
      channel.bind(UnixDomainSocketAddress.of(fresh), BACKLOG);
      Files.setPosixFilePermissions(fresh, mode.permissions());
      if (group != null) {
        GroupPrincipal principal =
            fresh.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByGroupName(group);
        Files.getFileAttributeView(fresh, PosixFileAttributeView.class).setGroup(principal);
      }
      Object key = key(fresh);
      Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      return new PluginSocket(channel, path, key);
    } finally {
      Files.deleteIfExists(fresh);
      Files.deleteIfExists(closed);
    }
  }

  /** A new directory that only we may enter; its name is short, because socket paths must be. */
  private static Path closedDirectory(Path parent) throws IOException {
    while (true) {
      String name = ".d" + Integer.toHexString(ThreadLocalRandom.current().nextInt(1 << 16));
      try {
        return Files.createDirectory(
            parent.resolve(name),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      } catch (FileAlreadyExistsException e) {
        LOG.debugf("%s is taken, trying another name", name);
      }
    }
  }

  private static void requireFits(Path path) throws IOException {
    if (path.toString().length() > LONGEST_PATH) {
      throw new IOException(
          "the path is longer than the "
              + LONGEST_PATH
              + " bytes that a socket's address can hold; choose a shorter doceph.socket");
    }
  }

  private static Object key(Path path) throws IOException {
    return Files.getAttribute(path, "unix:ino", LinkOption.NOFOLLOW_LINKS);
  }

  /**
   * Removes our socket file, so that Docker does not wait for a dead one. A socket that systemd
   * keeps, or that another daemon has put in its place, stays.
   */
  void unlink() {
    if (fileKey == null) {
      return;
    }
    try {
      if (fileKey.equals(key(path))) {
        Files.delete(path);
      }
    } catch (IOException e) {
      return; // gone already
    }
  }
}
