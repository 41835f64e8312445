package io.doceph.admin;

import static io.doceph.admin.AdminAnswers.guarded;
import static io.doceph.admin.AdminAnswers.object;
import static io.doceph.admin.AdminAnswers.ok;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.volume.SpecParser;
import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeName;
import io.doceph.volume.VolumeService;
import io.doceph.volume.VolumeView;
import io.smallrye.common.annotation.NonBlocking;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Response;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Volumes in the daemon's own API: what the command line calls. */
@Path("/v1/volumes")
@NonBlocking
public class VolumesResource {
  /** The holder of mounts that a person asks for. */
  private static final String PERSON = "cli";

  private final VolumeService service;

  VolumesResource(VolumeService service) {
    this.service = service;
  }

  /** All volumes, by name. */
  @GET
  public Response list() {
    ObjectNode answer = object();
    ArrayNode volumes = answer.putArray("volumes");
    service.list().forEach(v -> volumes.add(VolumeItem.of(v)));
    return ok(answer);
  }

  /** One volume. */
  @GET
  @Path("{name}")
  public CompletionStage<Response> inspect(@PathParam("name") String name) {
    return guarded(
        "inspect",
        () -> {
          VolumeName checked = new VolumeName(name);
          return service
              .find(checked)
              .thenApply(
                  found ->
                      ok(VolumeItem.of(found.orElseThrow(() -> VolumeError.unknown(checked)))));
        });
  }

  /** Makes a volume: {@code {"name": …, "opts": {…}}}. */
  @POST
  public CompletionStage<Response> create(byte @Nullable [] body) {
    return guarded(
        "create",
        () -> {
          ObjectNode request = AdminAnswers.read(body);
          ObjectNode opts = request.path("opts") instanceof ObjectNode o ? o : null;
          return service
              .create(new VolumeName(request.path("name").asText("")), opts)
              .thenApply(v -> ok(VolumeItem.of(v)));
        });
  }

  /** Removes a volume; with {@code reference=true} only this host's knowledge of it. */
  @DELETE
  @Path("{name}")
  public CompletionStage<Response> delete(
      @PathParam("name") String name, @QueryParam("reference") boolean reference) {
    return guarded(
        "delete",
        () -> {
          VolumeName checked = new VolumeName(name);
          if (reference) {
            return service.forget(checked).thenApply(v -> ok(object()));
          }
          // A person wants to know that the name was wrong; Docker wants it gone.
          return service
              .find(checked)
              .thenCompose(found -> service.remove(named(found, checked)))
              .thenApply(v -> ok(object()));
        });
  }

  /** Mounts a volume: {@code {"id": holder}}. */
  @POST
  @Path("{name}/mount")
  public CompletionStage<Response> mount(@PathParam("name") String name, byte @Nullable [] body) {
    return guarded(
        "mount",
        () ->
            service
                .mount(new VolumeName(name), holder(AdminAnswers.read(body)))
                .thenApply(path -> ok(object().put("mountpoint", path.toString()))));
  }

  /** Gives a holder's reference back: {@code {"id": holder}}. */
  @POST
  @Path("{name}/unmount")
  public CompletionStage<Response> unmount(@PathParam("name") String name, byte @Nullable [] body) {
    return guarded(
        "unmount",
        () -> {
          VolumeName checked = new VolumeName(name);
          String id = holder(AdminAnswers.read(body));
          return service
              .find(checked)
              .thenCompose(found -> service.unmount(named(found, checked), id))
              .thenApply(v -> ok(object()));
        });
  }

  /** Makes a volume larger: {@code {"size": "20G"}}. */
  @POST
  @Path("{name}/grow")
  public CompletionStage<Response> grow(@PathParam("name") String name, byte @Nullable [] body) {
    return guarded(
        "grow",
        () -> {
          JsonNode size = AdminAnswers.read(body).path("size");
          if (!size.isValueNode()) {
            throw new VolumeError(VolumeError.Code.INVALID, "grow needs the new size, such as 20G");
          }
          return service
              .grow(new VolumeName(name), SpecParser.size(size.asText()))
              .thenApply(v -> ok(VolumeItem.of(v)));
        });
  }

  private static VolumeName named(Optional<VolumeView> found, VolumeName name) {
    return found.map(VolumeView::name).orElseThrow(() -> VolumeError.unknown(name));
  }

  private static String holder(ObjectNode request) {
    return request.path("id").asText(PERSON);
  }
}
