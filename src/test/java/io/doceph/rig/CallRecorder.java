package io.doceph.rig;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Stands between dockerd and the daemon: listens on the plugin's discovery socket, passes every
 * byte on to the daemon's own socket and back, and keeps each call with its answer. It can hold a
 * call back or cut its connection. When the daemon is away, it closes the connection, which dockerd
 * takes as it takes a refused one.
 */
public final class CallRecorder implements AutoCloseable {
  private final Path socket;
  private final ServerSocketChannel server;
  private final List<Call> calls = new ArrayList<>();
  private final Map<String, Duration> delays = new ConcurrentHashMap<>();
  private final Map<String, Boolean> cuts = new ConcurrentHashMap<>();
  private volatile @Nullable Path target;

  /** Listens on this path at once. */
  public CallRecorder(Path socket) {
    this.socket = socket;
    try {
      Files.deleteIfExists(socket);
      server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
      server.bind(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Thread.ofVirtual().name("recorder").start(this::accept);
  }

  /** Passes calls on to the daemon that listens here; null when there is none now. */
  public void target(@Nullable Path daemonSocket) {
    target = daemonSocket;
  }

  /** Holds every call of this endpoint back for so long before it is passed on. */
  public void delay(String endpoint, Duration howLong) {
    delays.put(endpoint, howLong);
  }

  /** Closes the connection of every call of this endpoint instead of passing it on. */
  public void cut(String endpoint) {
    cuts.put(endpoint, true);
  }

  /** Passes everything on at once again. */
  public void passAll() {
    delays.clear();
    cuts.clear();
  }

  /** The calls answered since the last {@link #forget}, in the order of their answers. */
  public List<Call> calls() {
    synchronized (calls) {
      return List.copyOf(calls);
    }
  }

  /** The calls of one endpoint. */
  public List<Call> calls(String endpoint) {
    return calls().stream().filter(call -> call.endpoint().equals(endpoint)).toList();
  }

  /**
   * The calls that change something, without those that only ask: {@code ["Create v1", "Mount
   * v1"]}. How often dockerd asks differs with its version; how often it makes, mounts, unmounts
   * and removes must not.
   */
  public List<String> changes() {
    return calls().stream()
        .filter(call -> List.of("Create", "Mount", "Unmount", "Remove").contains(call.endpoint()))
        .map(call -> call.endpoint() + " " + call.volume())
        .toList();
  }

  /** Starts a new record. */
  public void forget() {
    synchronized (calls) {
      calls.clear();
    }
  }

  private void accept() {
    try {
      while (true) {
        SocketChannel client = server.accept();
        Thread.ofVirtual().name("recorder connection").start(() -> serve(client));
      }
    } catch (IOException e) {
      // The recorder was closed.
    }
  }

  private void serve(SocketChannel client) {
    Path daemon = target;
    if (daemon == null) {
      closeQuietly(client);
      return;
    }
    try (client;
        SocketChannel upstream = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      upstream.connect(UnixDomainSocketAddress.of(daemon));
      InputStream fromClient = Channels.newInputStream(client);
      OutputStream toClient = Channels.newOutputStream(client);
      InputStream fromDaemon = Channels.newInputStream(upstream);
      OutputStream toDaemon = Channels.newOutputStream(upstream);
      HttpMessage request = HttpMessage.read(fromClient);
      while (request != null && pass(request, toDaemon, fromDaemon, toClient)) {
        request = HttpMessage.read(fromClient);
      }
    } catch (IOException e) {
      // One side has gone; closing both shows it to the other.
    }
  }

  private boolean pass(
      HttpMessage request, OutputStream toDaemon, InputStream fromDaemon, OutputStream toClient)
      throws IOException {
    String path = request.path();
    String endpoint = path.substring(path.indexOf('.') + 1);
    hold(delays.getOrDefault(endpoint, Duration.ZERO));
    HttpMessage answer = null;
    if (!cuts.containsKey(endpoint)) {
      try {
        toDaemon.write(request.wire().array());
        answer = HttpMessage.read(fromDaemon);
      } catch (IOException e) {
        // Recorded below as a call without an answer.
      }
    }
    // Recorded before dockerd sees the answer: what a docker command did is on record when it has
    // ended.
    record(path, request, answer);
    if (answer == null) {
      return false;
    }
    toClient.write(answer.wire().array());
    return true;
  }

  private void record(String path, HttpMessage request, @Nullable HttpMessage answer) {
    synchronized (calls) {
      calls.add(
          answer == null
              ? new Call(path, request.body(), 0, "")
              : new Call(path, request.body(), answer.status(), answer.body()));
    }
  }

  private static void hold(Duration howLong) {
    try {
      Thread.sleep(howLong);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void closeQuietly(SocketChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Stops listening and removes the socket. */
  @Override
  public void close() {
    try {
      server.close();
      Files.deleteIfExists(socket);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
