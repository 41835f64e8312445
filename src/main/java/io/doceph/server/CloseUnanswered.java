package io.doceph.server;

import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;

/**
 * Closes the connection instead of sending an answer that says so in its header: how the protocol
 * room leaves a Get unanswered without knowing connections.
 */
class CloseUnanswered {
  private static final String HEADER = "Doceph-Close-Unanswered";

  @ServerResponseFilter
  void filter(ContainerResponseContext response, RoutingContext routing) {
    if (response.getHeaders().containsKey(HEADER)) {
      routing.request().connection().close();
    }
  }
}
