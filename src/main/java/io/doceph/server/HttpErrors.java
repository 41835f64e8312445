package io.doceph.server;

import jakarta.ws.rs.NotAllowedException;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Requests that no resource takes: a status and one sentence in the protocol's form. */
class HttpErrors {
  @ServerExceptionMapper
  Response notFound(NotFoundException e) {
    return answer(
        404,
        "there is no such call; Docker's are /Plugin.Activate and /VolumeDriver.Create and so on");
  }

  @ServerExceptionMapper
  Response notAllowed(NotAllowedException e) {
    return answer(405, "this call takes another method: Docker's calls are POST");
  }

  @ServerExceptionMapper
  Response other(WebApplicationException e) {
    int status = e.getResponse().getStatus();
    return answer(
        status == 413 ? 400 : status,
        status == 413
            ? "the request is larger than 1 MiB; a volume's name and options never are"
            : "the request cannot be answered: "
                + String.valueOf(e.getMessage()).replace('"', '\''));
  }

  private static Response answer(int status, String message) {
    return Response.status(status)
        .type(MediaType.APPLICATION_JSON)
        .entity("{\"Err\":\"" + message + "\"}")
        .build();
  }
}
