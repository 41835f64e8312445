package io.doceph.server;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.vertx.core.impl.transports.JDKTransport;
import io.vertx.core.net.NetServerOptions;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Vert.x's JDK transport, with UNIX domain sockets on top: Quarkus allows no other transport in a
 * native executable. Vert.x finds it through a service file.
 */
@RegisterForReflection
public final class UnixTransport extends JDKTransport {
  private static final AtomicReference<@Nullable ServerSocketChannel> BOUND =
      new AtomicReference<>();
  private static final AtomicReference<@Nullable BoundServerChannel> SERVED =
      new AtomicReference<>();

  /** Hands over the socket that the next UNIX server is to serve. */
  static void offer(ServerSocketChannel bound) {
    BOUND.set(bound);
  }

  /** Begins to accept connections on the offered socket, which Vert.x now listens on. */
  static void accept() {
    BoundServerChannel served = SERVED.get();
    if (served != null) {
      served.accept();
    }
  }

  /** Leaves connections that come from now on in the socket. */
  static void pause() {
    BoundServerChannel served = SERVED.get();
    if (served != null) {
      served.pause();
    }
  }

  @Override
  public boolean supportsDomainSockets() {
    return true;
  }

  @Override
  public ChannelFactory<? extends Channel> channelFactory(boolean domainSocket) {
    return domainSocket ? NioDomainSocketChannel::new : super.channelFactory(false);
  }

  @Override
  public ChannelFactory<? extends ServerChannel> serverChannelFactory(boolean domainSocket) {
    if (!domainSocket) {
      return super.serverChannelFactory(false);
    }
    return () -> {
      ServerSocketChannel bound = BOUND.getAndSet(null);
      if (bound == null) {
        throw new IllegalStateException("no UNIX socket has been offered");
      }
      BoundServerChannel channel = new BoundServerChannel(bound);
      SERVED.set(channel);
      return channel;
    };
  }

  @Override
  public SocketAddress convert(io.vertx.core.net.SocketAddress address) {
    return address.isDomainSocket()
        ? UnixDomainSocketAddress.of(address.path())
        : super.convert(address);
  }

  @Override
  public io.vertx.core.net.@Nullable SocketAddress convert(@Nullable SocketAddress address) {
    if (!(address instanceof UnixDomainSocketAddress unix)) {
      return address == null ? null : super.convert(address);
    }
    String path = unix.getPath().toString();
    // A client's end has no name.
    return path.isEmpty() ? null : io.vertx.core.net.SocketAddress.domainSocketAddress(path);
  }

  @Override
  public void configure(NetServerOptions options, boolean domainSocket, ServerBootstrap bootstrap) {
    if (!domainSocket) {
      super.configure(options, false, bootstrap);
    }
    // A socket that listens already has all its options.
  }
}
