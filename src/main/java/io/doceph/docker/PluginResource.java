package io.doceph.docker;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.config.DocephConfig;
import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeName;
import io.doceph.volume.VolumeService;
import io.doceph.volume.VolumeView;
import io.smallrye.common.annotation.NonBlocking;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Response;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Docker's volume plugin protocol, version 1. Nothing here waits: what takes time runs in the
 * service, so that Get, List, Path and Activate are answered whatever else hangs.
 */
@Path("/")
@NonBlocking
public class PluginResource {
  private static final Logger LOG = Logger.getLogger("io.doceph.docker");

  private final VolumeService service;
  private final ListAnswer list;
  private final String scope;

  PluginResource(VolumeService service, ListAnswer list, DocephConfig config) {
    this.service = service;
    this.list = list;
    this.scope = service.scope(config.backend(), config.scope());
  }

  /** A dockerd introduces itself: a new one each time. */
  @POST
  @Path("Plugin.Activate")
  public Response activate() {
    try {
      service.activate();
    } catch (RuntimeException e) {
      // dockerd must not be kept from starting: the old epoch only delays the reaper.
      LOG.warnf("the new epoch of Docker could not be written down: %s", e.getMessage());
    }
    ObjectNode answer = Answers.object();
    answer.putArray("Implements").add("VolumeDriver");
    return Answers.ok(answer);
  }

  /** How far volumes reach. */
  @POST
  @Path("VolumeDriver.Capabilities")
  public Response capabilities() {
    ObjectNode answer = Answers.object();
    answer.putObject("Capabilities").put("Scope", scope);
    return Answers.ok(answer);
  }

  /** Makes a volume; the same call again is success. */
  @POST
  @Path("VolumeDriver.Create")
  public CompletionStage<Response> create(byte @Nullable [] body) {
    return call(
        "Create", body, r -> service.create(r.name(), r.options()).thenApply(v -> Answers.done()));
  }

  /** Removes a volume. */
  @POST
  @Path("VolumeDriver.Remove")
  public CompletionStage<Response> remove(byte @Nullable [] body) {
    return call("Remove", body, r -> service.remove(r.name()).thenApply(v -> Answers.done()));
  }

  /** Mounts a volume for one holder and answers where. */
  @POST
  @Path("VolumeDriver.Mount")
  public CompletionStage<Response> mount(byte @Nullable [] body) {
    return call(
        "Mount",
        body,
        r ->
            service
                .mount(r.name(), r.id())
                .thenApply(
                    path ->
                        Answers.ok(
                            Answers.object().put("Mountpoint", path.toString()).put("Err", ""))));
  }

  /** Gives one holder's reference back. */
  @POST
  @Path("VolumeDriver.Unmount")
  public CompletionStage<Response> unmount(byte @Nullable [] body) {
    return call(
        "Unmount", body, r -> service.unmount(r.name(), r.id()).thenApply(v -> Answers.done()));
  }

  /** Where a volume is mounted; an empty path when it is not. */
  @POST
  @Path("VolumeDriver.Path")
  public CompletionStage<Response> path(byte @Nullable [] body) {
    return call(
        "Path",
        body,
        r -> {
          VolumeName name = r.name();
          return service
              .find(name)
              .thenApply(
                  found -> {
                    VolumeView view = found.orElseThrow(() -> VolumeError.unknown(name));
                    String path = view.mount() == null ? "" : view.mount().mountpoint().toString();
                    return Answers.ok(Answers.object().put("Mountpoint", path).put("Err", ""));
                  });
        });
  }

  /** All volumes, from memory. */
  @POST
  @Path("VolumeDriver.List")
  public Response list() {
    return Answers.ok(list.body());
  }

  /**
   * One volume: always status 200, or no answer at all. An empty body is dockerd's retry after a
   * broken connection: any answer to it would count as "no such volume".
   */
  @POST
  @Path("VolumeDriver.Get")
  public CompletionStage<Response> get(byte @Nullable [] body) {
    if (body == null || body.length == 0) {
      LOG.info("call=Get: an empty body, as in a retry; not answered, the connection is closed");
      return CompletableFuture.completedFuture(NoAnswer.close());
    }
    try {
      ReadRequest request = ReadRequest.of(body);
      String name = request.rawName();
      return service
          .find(request.name())
          .thenApply(found -> got(name, found))
          .exceptionally(failure -> unanswered(name, failure));
    } catch (VolumeError e) {
      return CompletableFuture.completedFuture(none(String.valueOf(e.getMessage())));
    } catch (RuntimeException e) {
      return CompletableFuture.completedFuture(unanswered("?", e));
    }
  }

  private static Response unanswered(String name, Throwable failure) {
    LOG.warnf(
        "call=Get volume=%s: not answered, the connection is closed: %s",
        name, Answers.errorOf(failure).getMessage());
    return NoAnswer.close();
  }

  private static Response got(String name, Optional<VolumeView> found) {
    if (found.isEmpty()) {
      return none("there is no volume " + name);
    }
    ObjectNode answer = Answers.object();
    answer.set("Volume", Answers.item(found.get()));
    return Answers.ok(answer.put("Err", ""));
  }

  private static Response none(String why) {
    ObjectNode answer = Answers.object();
    answer.putNull("Volume");
    return Answers.ok(answer.put("Err", why));
  }

  private static CompletionStage<Response> call(
      String call, byte @Nullable [] body, Function<ReadRequest, CompletionStage<Response>> work) {
    String volume = "?";
    try {
      ReadRequest request = ReadRequest.of(body);
      volume = request.rawName();
      String named = volume;
      return work.apply(request).exceptionally(e -> Answers.failure(call, named, e));
    } catch (RuntimeException e) {
      return CompletableFuture.completedFuture(Answers.failure(call, volume, e));
    }
  }
}
