package io.doceph.server;

import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.ServerChannel;
import io.netty.channel.nio.AbstractNioMessageChannel;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Netty's view of a UNIX server socket that is already bound and listening, ours or systemd's.
 * Netty's own class binds by itself and deletes the file when it closes.
 */
final class BoundServerChannel extends AbstractNioMessageChannel implements ServerChannel {
  private static final ChannelMetadata METADATA = new ChannelMetadata(false, 16);

  private final ChannelConfig config = new DefaultChannelConfig(this);
  private volatile boolean listening;

  BoundServerChannel(ServerSocketChannel channel) {
    super(null, channel, SelectionKey.OP_ACCEPT);
    // Calls may wait in the socket already. Vert.x closes connections that come while its listen()
    // is still under way, so accepting begins with accept().
    config.setAutoRead(false);
  }

  /** Begins to accept connections; Vert.x's listen must have returned. */
  void accept() {
    config.setAutoRead(true);
  }

  /** Accepts no more connections: when systemd keeps the socket, they wait for the next daemon. */
  void pause() {
    config.setAutoRead(false);
  }

  @Override
  protected ServerSocketChannel javaChannel() {
    return (ServerSocketChannel) super.javaChannel();
  }

  @Override
  public ChannelConfig config() {
    return config;
  }

  @Override
  public ChannelMetadata metadata() {
    return METADATA;
  }

  @Override
  public boolean isActive() {
    return isOpen() && listening;
  }

  @Override
  protected void doBind(SocketAddress address) {
    listening = true; // the kernel already listens
  }

  @Override
  protected int doReadMessages(List<Object> accepted) throws Exception {
    SocketChannel client = javaChannel().accept();
    if (client == null) {
      return 0;
    }
    accepted.add(new NioDomainSocketChannel(this, client));
    return 1;
  }

  @Override
  protected void doClose() throws Exception {
    super.doClose();
    javaChannel().close();
  }

  @Override
  protected @Nullable SocketAddress localAddress0() {
    try {
      return javaChannel().getLocalAddress();
    } catch (IOException e) {
      return null;
    }
  }

  @Override
  protected @Nullable SocketAddress remoteAddress0() {
    return null;
  }

  @Override
  public @Nullable Channel parent() {
    return null;
  }

  @Override
  protected boolean doConnect(SocketAddress remote, SocketAddress local) {
    throw new UnsupportedOperationException();
  }

  @Override
  protected void doFinishConnect() {
    throw new UnsupportedOperationException();
  }

  @Override
  protected void doDisconnect() {
    throw new UnsupportedOperationException();
  }

  @Override
  protected boolean doWriteMessage(Object message, ChannelOutboundBuffer buffer) {
    throw new UnsupportedOperationException();
  }
}
