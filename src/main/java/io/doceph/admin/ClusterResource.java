package io.doceph.admin;

import static io.doceph.admin.AdminAnswers.guarded;
import static io.doceph.admin.AdminAnswers.object;
import static io.doceph.admin.AdminAnswers.ok;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.volume.Administration;
import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeName;
import io.doceph.volume.VolumeService;
import io.doceph.volume.VolumeUser;
import io.doceph.volume.VolumeView;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.common.annotation.NonBlocking;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Response;
import java.nio.file.InvalidPathException;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What administrators ask for in the daemon's own API beyond making, mounting and removing: mostly
 * about volumes that other hosts can reach too.
 */
@Path("/v1")
@NonBlocking
public class ClusterResource {
  private final VolumeService service;
  private final Administration administration;

  ClusterResource(VolumeService service) {
    this.service = service;
    this.administration = service.administration();
  }

  /** Refuses the volume's removal from now on. */
  @POST
  @Path("volumes/{name}/protect")
  public CompletionStage<Response> protect(@PathParam("name") String name) {
    return item("protect", () -> administration.protect(new VolumeName(name), true));
  }

  /** Allows the volume's removal again. */
  @POST
  @Path("volumes/{name}/unprotect")
  public CompletionStage<Response> unprotect(@PathParam("name") String name) {
    return item("unprotect", () -> administration.protect(new VolumeName(name), false));
  }

  /** Makes a volume one that is only read, or one that is written: {@code {"readOnly": true}}. */
  @POST
  @Path("volumes/{name}/access")
  public CompletionStage<Response> access(@PathParam("name") String name, byte @Nullable [] body) {
    return item(
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
  @Path("volumes/{name}/users")
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
  @Path("volumes/{name}/steal")
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

  /** Takes an image over: {@code {"image": "pool/name", "opts": {…}}}. */
  @POST
  @Path("adopt")
  public CompletionStage<Response> adopt(byte @Nullable [] body) {
    return item(
        "adopt",
        () -> {
          ObjectNode request = AdminAnswers.read(body);
          ImagePath image = ImagePath.parse(request.path("image").asText(""));
          ObjectNode options =
              request.path("opts") instanceof ObjectNode given ? given.deepCopy() : object();
          image.into(options);
          return administration.adopt(image.name(), options);
        });
  }

  /** Removed volumes that can be brought back. */
  @GET
  @Path("trash")
  public CompletionStage<Response> trash() {
    return guarded(
        "trash",
        () -> {
          ObjectNode answer = object();
          ArrayNode trash = answer.putArray("trash");
          administration.trash().forEach(t -> trash.add(TrashItem.of(t)));
          return CompletableFuture.completedFuture(ok(answer));
        });
  }

  /** Brings a removed volume back: {@code {"which": name or id, "as": name}}. */
  @POST
  @Path("trash/restore")
  public CompletionStage<Response> restore(byte @Nullable [] body) {
    return item(
        "restore",
        () -> {
          ObjectNode request = AdminAnswers.read(body);
          String which = request.path("which").asText("");
          if (which.isEmpty()) {
            throw new VolumeError(
                VolumeError.Code.INVALID, "restore needs which: a removed volume's name or id");
          }
          JsonNode as = request.path("as");
          return administration.restore(
              which,
              as.isMissingNode() || as.isNull()
                  ? Optional.empty()
                  : Optional.of(new VolumeName(as.asText())));
        });
  }

  /** Deletes removed volumes for good; see {@link Purge}. */
  @POST
  @Path("trash/purge")
  @Blocking
  public CompletionStage<Response> purge(byte @Nullable [] body) {
    return guarded(
        "purge",
        () ->
            CompletableFuture.completedFuture(
                ok(new Purge(administration).run(AdminAnswers.read(body)))));
  }

  /** Takes the first doceph's volumes over: {@code {"metadata": "/dir", "dryRun": true}}. */
  @POST
  @Path("import-legacy")
  @Blocking
  public CompletionStage<Response> importLegacy(byte @Nullable [] body) {
    return guarded(
        "import-legacy",
        () -> {
          ObjectNode request = AdminAnswers.read(body);
          java.nio.file.Path metadata = directory(request.path("metadata").asText(""));
          boolean dryRun = request.path("dryRun").asBoolean(false);
          return CompletableFuture.completedFuture(
              ok(new LegacyImport(service, metadata, dryRun).run()));
        });
  }

  private static java.nio.file.Path directory(String text) {
    try {
      java.nio.file.Path path = java.nio.file.Path.of(text);
      if (path.isAbsolute()) {
        return path;
      }
    } catch (InvalidPathException e) {
      throw new VolumeError(VolumeError.Code.INVALID, "metadata is no path: " + e.getReason(), e);
    }
    throw new VolumeError(
        VolumeError.Code.INVALID,
        "import-legacy needs metadata: the absolute path of the first doceph's metadata folder");
  }

  /** A call whose outcome is one volume. */
  private static CompletionStage<Response> item(
      String call, Supplier<CompletionStage<VolumeView>> work) {
    return guarded(call, () -> work.get().thenApply(view -> ok(VolumeItem.of(view))));
  }
}
