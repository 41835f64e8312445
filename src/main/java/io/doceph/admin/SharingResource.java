package io.doceph.admin;

import static io.doceph.admin.AdminAnswers.guarded;
import static io.doceph.admin.AdminAnswers.object;
import static io.doceph.admin.AdminAnswers.ok;
import static io.doceph.admin.VolumeItem.volume;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.volume.Administration;
import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeName;
import io.doceph.volume.VolumeService;
import io.doceph.volume.VolumeUser;
import io.smallrye.common.annotation.NonBlocking;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Response;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Who may do what with a volume, and who uses it, in the daemon's own API. */
@Path("/v1/volumes")
@NonBlocking
public class SharingResource {
  private final Administration administration;

  SharingResource(VolumeService service) {
    this.administration = service.administration();
  }

  /** Refuses the volume's removal from now on. */
  @POST
  @Path("{name}/protect")
  public CompletionStage<Response> protect(@PathParam("name") String name) {
    return volume("protect", () -> administration.protect(new VolumeName(name), true));
  }

  /** Allows the volume's removal again. */
  @POST
  @Path("{name}/unprotect")
  public CompletionStage<Response> unprotect(@PathParam("name") String name) {
    return volume("unprotect", () -> administration.protect(new VolumeName(name), false));
  }

  /** Makes a volume one that is only read, or one that is written: {@code {"readOnly": true}}. */
  @POST
  @Path("{name}/access")
  public CompletionStage<Response> access(@PathParam("name") String name, byte @Nullable [] body) {
    return volume(
        "access",
        () -> {
          JsonNode readOnly = AdminAnswers.read(body).path("readOnly");
          if (!readOnly.isBoolean()) {
            throw new VolumeError(
                VolumeError.Code.INVALID, "access needs readOnly, which is true or false");
          }
          return administration.access(new VolumeName(name), readOnly.asBoolean());
        });
  }

  /** Who uses a volume now, on whatever host. */
  @GET
  @Path("{name}/users")
  public CompletionStage<Response> users(@PathParam("name") String name) {
    return guarded(
        "users",
        () ->
            administration
                .users(new VolumeName(name))
                .thenApply(
                    users -> {
                      ObjectNode answer = object();
                      ArrayNode array = answer.putArray("users");
                      users.forEach(user -> put(user, array.addObject()));
                      return ok(answer);
                    }));
  }

  private static void put(VolumeUser user, ObjectNode item) {
    item.put("host", user.host());
    item.put("hostId", user.hostId());
    item.put("address", user.address());
    item.put(
        "since",
        user.since() == null ? null : user.since().truncatedTo(ChronoUnit.SECONDS).toString());
    item.put("writer", user.writer());
    item.put("alive", user.alive());
  }

  /** Cuts the other users of a volume off. */
  @POST
  @Path("{name}/steal")
  public CompletionStage<Response> steal(@PathParam("name") String name) {
    return guarded(
        "steal",
        () ->
            administration
                .steal(new VolumeName(name))
                .thenApply(
                    sentences -> {
                      ObjectNode answer = object();
                      ArrayNode done = answer.putArray("done");
                      sentences.forEach(done::add);
                      return ok(answer);
                    }));
  }
}
