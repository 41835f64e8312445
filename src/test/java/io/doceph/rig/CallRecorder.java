package io.doceph.rig;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Stands between dockerd and the daemon: listens on the plugin's discovery socket, passes every
 * byte on to the daemon's own socket and back, and keeps each call with its answer. It can hold a
 * call back or cut its connection. It listens only while the daemon does: dockerd treats a refused
 * connection and a broken one differently.
 */
public final class CallRecorder implements AutoCloseable {
  private static final Set<String> CHANGES = Set.of("Create", "Mount", "Unmount", "Remove");

  private final Path socket;
  private final List<Call> calls = new ArrayList<>();
  private final Map<String, Duration> delays = new ConcurrentHashMap<>();
  private final Set<String> cuts = ConcurrentHashMap.newKeySet();
  private @Nullable ServerSocketChannel server;

  /** A recorder that will listen on this path once there is a daemon. */
  public CallRecorder(Path socket) {
    this.socket = socket;
  }

  /** Listens, and passes calls on to the daemon that listens on this other path. */
  public void open(Path daemon) {
    close();
    try {
      var channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
      channel.bind(UnixDomainSocketAddress.of(socket), 128);
      server = channel;
      Thread.ofVirtual().name("recorder").start(() -> accept(channel, daemon));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Refuses connections, as the socket of a daemon does that was killed. */
  public void refuse() {
    ServerSocketChannel channel = server;
    server = null;
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Refuses connections and removes the socket, as a daemon does that ends in good order. */
  @Override
  public void close() {
    refuse();
    try {
      Files.deleteIfExists(socket);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Holds every call of this endpoint back for so long before it is passed on. */
  public void delay(String endpoint, Duration howLong) {
    delays.put(endpoint, howLong);
  }

  /** Closes the connection of the next call of this endpoint instead of passing it on. */
  public void cutNext(String endpoint) {
    cuts.add(endpoint);
  }

  /** Passes everything on at once again, and starts a new record. */
  public void reset() {
    delays.clear();
    cuts.clear();
    forget();
  }

  /** Starts a new record. */
  public void forget() {
    synchronized (calls) {
      calls.clear();
    }
  }

  /** The calls since the last {@link #forget}, in the order of their answers. */
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
        .filter(call -> CHANGES.contains(call.endpoint()))
        .map(call -> call.endpoint() + " " + call.volume())
        .toList();
  }

  /** Holds a call back for as long as was asked; whether it may then pass. */
  boolean admits(HttpMessage question) {
    String endpoint = endpoint(question);
    try {
      Thread.sleep(delays.getOrDefault(endpoint, Duration.ZERO));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return !cuts.remove(endpoint);
  }

  void record(HttpMessage question, @Nullable HttpMessage answer) {
    int status = answer == null ? 0 : answer.status();
    String text = answer == null ? "" : answer.body();
    synchronized (calls) {
      calls.add(new Call(question.path(), question.body(), status, text));
    }
  }

  private void accept(ServerSocketChannel channel, Path daemon) {
    try {
      while (true) {
        SocketChannel dockerd = channel.accept();
        try {
          SocketChannel upstream = SocketChannel.open(UnixDomainSocketAddress.of(daemon));
          new RecordedConnection(this, dockerd, upstream).start();
        } catch (IOException e) {
          // The daemon has just gone, and the recorder will be told so at once.
          dockerd.close();
        }
      }
    } catch (IOException e) {
      // The recorder has stopped to listen.
    }
  }

  private static String endpoint(HttpMessage question) {
    return question.path().substring(question.path().indexOf('.') + 1);
  }
}
