package io.doceph.server;

import io.doceph.config.DocephConfig;
import io.doceph.config.HostPort;
import io.doceph.host.MountNamespace;
import io.doceph.volume.VolumeService;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.vertx.http.runtime.VertxHttpRecorder;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.SocketAddress;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Provider;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;

/**
 * Serves HTTP on the plugin socket and, if configured, on TCP; opens and closes in the right order.
 */
@ApplicationScoped
class HttpFront {
  private static final Logger LOG = Logger.getLogger("io.doceph");
  private static final int LARGEST_BODY = 1 << 20;
  private static final long LONGEST_DRAINED = 64L << 20;
  private static final String TOO_LONG =
      "{\"Err\":\"the request is larger than 1 MiB; a volume's name and options never are\"}";
  private static final Duration OPENING = Duration.ofSeconds(20);

  private volatile boolean stopping;
  private final Vertx vertx;
  private final Provider<VolumeService> service;
  private final Provider<ManagementServer> management;
  private final Provider<ServiceManager> manager;

  HttpFront(
      Vertx vertx,
      Provider<VolumeService> service,
      Provider<ManagementServer> management,
      Provider<ServiceManager> manager) {
    this.vertx = vertx;
    this.service = service;
    this.management = management;
    this.manager = manager;
  }

  void start(@Observes StartupEvent event) {
    Launched launched = Launched.get();
    DocephConfig config = launched.config();
    startService(config);
    await(
        vertx
            .createHttpServer(options())
            .requestHandler(guarded())
            .listen(SocketAddress.domainSocketAddress(launched.socket().path().toString()))
            .toCompletionStage(),
        "the plugin socket");
    config.listenTcp().ifPresent(address -> listen(config, address));
    UnixTransport.accept(); // last: who is answered here may rely on the rest
    manager.get().ready("answers on " + launched.socket().path());
    LOG.infof(
        "doceph answers on %s%s",
        launched.socket().path(), launched.socket().isInherited() ? " (systemd's)" : "");
    service
        .get()
        .mountRefusal()
        .ifPresent(why -> LOG.error("block volumes are not mounted: " + why));
    management.get().start(vertx, config.management());
  }

  private void startService(DocephConfig config) {
    try {
      service.get().start(MountNamespace.problem(config.mountRoot().path()).orElse(null));
    } catch (RuntimeException e) {
      giveUp("cannot start: " + e.getMessage());
    }
  }

  /** Ends the process: an orderly stop would wait for the very start that calls this. */
  private static void giveUp(String why) {
    System.err.println("doceph: " + why);
    Launched.get().socket().unlink();
    Runtime.getRuntime().halt(1);
  }

  private void listen(DocephConfig config, HostPort address) {
    HttpServerOptions options = options().setHost(address.host()).setPort(address.port());
    boolean tls = config.tls().cert().isPresent();
    if (tls) {
      options
          .setSsl(true)
          .setUseAlpn(false)
          .setEnabledSecureTransportProtocols(Set.of("TLSv1.2", "TLSv1.3"))
          .setClientAuth(ClientAuth.REQUIRED)
          .setKeyCertOptions(
              new PemKeyCertOptions()
                  .setCertPath(config.tls().cert().orElseThrow().toString())
                  .setKeyPath(config.tls().key().orElseThrow().toString()))
          .setTrustOptions(
              new PemTrustOptions().addCertPath(config.tls().clientCa().orElseThrow().toString()));
    }
    await(
        vertx.createHttpServer(options).requestHandler(guarded()).listen().toCompletionStage(),
        "doceph.listen.tcp=" + address);
    LOG.infof(
        "doceph answers on tcp %s%s", address, tls ? " with TLS and client certificates" : "");
  }

  private static HttpServerOptions options() {
    return new HttpServerOptions().setCompressionSupported(false).setIdleTimeout(0);
  }

  private static void await(CompletionStage<?> opened, String what) {
    try {
      opened.toCompletableFuture().get(OPENING.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      giveUp("cannot listen on " + what + ": " + cause.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Lets requests through to the resources as their bodies alone describe them: Docker sends no
   * Content-Type, the first doceph's users a form's, and no header may make a Get fail. A body that
   * is announced as too long is not kept.
   */
  private Handler<HttpServerRequest> guarded() {
    Handler<HttpServerRequest> root = VertxHttpRecorder.getRootHandler();
    return request -> {
      if (stopping) {
        // Half of the daemon is gone; an error status on a Get would mean "no such volume".
        request.connection().close();
        return;
      }
      request.headers().remove("Content-Type").remove("Accept");
      String length = request.getHeader("Content-Length");
      if (length != null && length.length() >= 7 && Long.parseLong(length) > LARGEST_BODY) {
        refuseLongBody(request);
      } else {
        root.handle(request);
      }
    };
  }

  /**
   * Reads the body to its end, or to a bound, before answering: most clients read no answer while
   * they write.
   */
  private static void refuseLongBody(HttpServerRequest request) {
    AtomicLong read = new AtomicLong();
    request.handler(
        part -> {
          if (read.addAndGet(part.length()) > LONGEST_DRAINED) {
            request.connection().close();
          }
        });
    request.endHandler(
        end ->
            request
                .response()
                // A Get is answered with 200 or not at all (see PluginResource).
                .setStatusCode(request.path().equals("/VolumeDriver.Get") ? 200 : 400)
                .putHeader("Content-Type", "application/json")
                .end(TOO_LONG));
  }

  void stop(@Observes ShutdownEvent event) {
    stopping = true;
    manager.get().stopping();
    Launched.get().socket().unlink();
    service.get().close();
    LOG.info("doceph has stopped; what is mounted stays mounted");
  }
}
