package io.doceph.server;

import io.doceph.config.HostPort;
import io.doceph.observe.Health;
import io.doceph.observe.Meters;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import org.jboss.logging.Logger;

/**
 * Health and metrics on a loopback port of their own, never on the plugin socket. That it cannot
 * listen is no reason to keep volumes from Docker: it is logged.
 */
@ApplicationScoped
class ManagementServer {
  private static final Logger LOG = Logger.getLogger("io.doceph");

  private final Health health;
  private final Meters meters;

  ManagementServer(Health health, Meters meters) {
    this.health = health;
    this.meters = meters;
  }

  void start(Vertx vertx, String configured) {
    if (configured.equals("off")) {
      return;
    }
    HostPort address = HostPort.parse(configured);
    vertx
        .createHttpServer()
        .requestHandler(this::handle)
        .listen(address.port(), address.host())
        .onSuccess(s -> LOG.debugf("health and metrics on http://%s", address))
        .onFailure(
            e ->
                LOG.warnf(
                    "health and metrics are not served: cannot listen on doceph.management=%s: %s",
                    address, e.getMessage()));
  }

  private void handle(HttpServerRequest request) {
    switch (request.path()) {
      case "/metrics" -> answer(request, 200, Meters.CONTENT_TYPE, meters.text());
      case "/health", "/health/ready" ->
          answer(
              request,
              health.isReady() ? 200 : 503,
              "application/json",
              health.json().getBytes(StandardCharsets.UTF_8));
      case "/health/live" ->
          answer(
              request,
              200,
              "application/json",
              "{\"status\":\"UP\"}".getBytes(StandardCharsets.UTF_8));
      default -> request.response().setStatusCode(404).end("/health and /metrics are here\n");
    }
  }

  private static void answer(HttpServerRequest request, int status, String type, byte[] body) {
    request
        .response()
        .setStatusCode(status)
        .putHeader("Content-Type", type)
        .end(Buffer.buffer(body));
  }
}
