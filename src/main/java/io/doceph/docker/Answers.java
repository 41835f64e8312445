package io.doceph.docker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.config.ByteSize;
import io.doceph.volume.Volume;
import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeView;
import jakarta.ws.rs.core.Response;
import java.nio.charset.StandardCharsets;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.CompletionException;
import org.jboss.logging.Logger;

/** The answers of the plugin protocol, and the one mapper from a failure to {@code {"Err": …}}. */
final class Answers {
  private static final Logger LOG = Logger.getLogger("io.doceph.docker");
  private static final String TYPE = "application/vnd.docker.plugins.v1.2+json";
  private static final ObjectMapper JSON = new ObjectMapper();

  private Answers() {}

  static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  static Response ok(ObjectNode body) {
    return ok(bytes(body));
  }

  static Response ok(byte[] body) {
    return Response.ok(body, TYPE).build();
  }

  /** Success with nothing to say. */
  static Response done() {
    return ok(object().put("Err", ""));
  }

  /** Any failure: 400 for a wrong request, 500 otherwise, logged once. */
  static Response failure(String call, String volume, Throwable failure) {
    VolumeError error = errorOf(failure);
    boolean wrong = error.code() == VolumeError.Code.INVALID;
    if (wrong) {
      LOG.infof("call=%s volume=%s: refused: %s", call, volume, error.getMessage());
    } else {
      LOG.warnf("call=%s volume=%s: %s: %s", call, volume, error.code().text(), error.getMessage());
      LOG.debug("the cause", error);
    }
    return error(wrong ? 400 : 500, String.valueOf(error.getMessage()));
  }

  static Response error(int status, String message) {
    return Response.status(status).type(TYPE).entity(bytes(object().put("Err", message))).build();
  }

  static VolumeError errorOf(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    if (cause instanceof VolumeError error) {
      return error;
    }
    LOG.error("unexpected failure", cause);
    return new VolumeError(
        VolumeError.Code.FAILED, "doceph failed: " + cause + " (its log says more)", cause);
  }

  /** An item of Get and List: Docker's members, and {@code Opts} as the first doceph had it. */
  static ObjectNode item(VolumeView view) {
    ObjectNode item = object();
    item.put("Name", view.name().value());
    if (view.mount() != null) {
      item.put("Mountpoint", view.mount().mountpoint().toString());
    }
    view.createdAt()
        .ifPresent(t -> item.put("CreatedAt", t.truncatedTo(ChronoUnit.SECONDS).toString()));
    Volume volume = view.volume();
    if (volume != null) {
      item.set("Opts", volume.spec().options());
    }
    item.set("Status", status(view));
    return item;
  }

  private static ObjectNode status(VolumeView view) {
    ObjectNode status = object();
    view.backend().ifPresent(b -> status.put("backend", b));
    Volume volume = view.volume();
    if (volume != null) {
      ByteSize size = volume.spec().size();
      if (size != null) {
        status.put("size", size.toString());
      }
      String filesystem = volume.spec().filesystemName();
      if (filesystem != null) {
        status.put("filesystem", filesystem);
      }
    }
    status.put("state", view.state());
    status.put("holders", view.holders().size());
    if (view.elsewhere() != null) {
      status.put("usedBy", view.elsewhere().text());
    }
    if (view.problem() != null) {
      status.put("problem", view.problem());
    }
    return status;
  }

  static byte[] bytes(ObjectNode body) {
    try {
      return JSON.writeValueAsBytes(body);
    } catch (JsonProcessingException e) {
      return "{\"Err\":\"the answer could not be written\"}".getBytes(StandardCharsets.UTF_8);
    }
  }
}
