package io.doceph.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.volume.VolumeError;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Answers of the daemon's own API, and its mapper from a failure to a status. */
final class AdminAnswers {
  private static final Logger LOG = Logger.getLogger("io.doceph.admin");
  private static final ObjectMapper JSON = new ObjectMapper();

  private AdminAnswers() {}

  static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  static Response ok(ObjectNode body) {
    return answer(200, body);
  }

  private static Response answer(int status, ObjectNode body) {
    try {
      return Response.status(status)
          .type(MediaType.APPLICATION_JSON)
          .entity(JSON.writeValueAsBytes(body))
          .build();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Runs work whose failures, at once or later, become answers. */
  static CompletionStage<Response> guarded(String call, Supplier<CompletionStage<Response>> work) {
    try {
      return work.get().exceptionally(e -> failure(call, e));
    } catch (RuntimeException e) {
      return CompletableFuture.completedFuture(failure(call, e));
    }
  }

  private static Response failure(String call, Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    if (!(cause instanceof VolumeError error)) {
      LOG.errorf(cause, "call=%s: unexpected failure", call);
      return error(500, "failed", "doceph failed: " + cause + " (its log says more)");
    }
    LOG.infof("call=%s: %s: %s", call, error.code().text(), error.getMessage());
    int status =
        switch (error.code()) {
          case INVALID -> 400;
          case NOT_FOUND -> 404;
          case CONFLICT, IN_USE, BUSY -> 409;
          case UNAVAILABLE -> 503;
          case TIMEOUT -> 504;
          case FAILED -> 500;
        };
    return error(status, error.code().text(), String.valueOf(error.getMessage()));
  }

  private static Response error(int status, String code, String message) {
    ObjectNode body = object();
    body.putObject("error").put("code", code).put("message", message);
    return answer(status, body);
  }

  /** A request's JSON object; an empty one when there is no body. */
  static ObjectNode read(byte @Nullable [] body) {
    if (body == null || body.length == 0) {
      return object();
    }
    try {
      if (JSON.readTree(body) instanceof ObjectNode object) {
        return object;
      }
    } catch (IOException e) {
      throw new VolumeError(VolumeError.Code.INVALID, "the request is not JSON", e);
    }
    throw new VolumeError(VolumeError.Code.INVALID, "the request must be one JSON object");
  }
}
