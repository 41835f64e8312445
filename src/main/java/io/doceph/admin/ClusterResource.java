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
import io.smallrye.common.annotation.Blocking;
import io.smallrye.common.annotation.NonBlocking;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Response;
import java.nio.file.InvalidPathException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * What administrators ask of a cluster's backend in the daemon's own API, beyond its volumes:
 * images that are to be volumes, and volumes that were.
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

  /** Takes an image over: {@code {"image": "pool/name", "opts": {…}}}. */
  @POST
  @Path("adopt")
  public CompletionStage<Response> adopt(byte @Nullable [] body) {
    return volume(
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
  @Blocking // it may have to be listed first
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
  @Blocking
  public CompletionStage<Response> restore(byte @Nullable [] body) {
    return volume(
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
}
