package io.doceph.admin;

import static io.doceph.admin.AdminAnswers.guarded;
import static io.doceph.admin.AdminAnswers.ok;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.volume.Volume;
import io.doceph.volume.VolumeView;
import jakarta.ws.rs.core.Response;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** A volume in the daemon's own API. */
final class VolumeItem {
  private VolumeItem() {}

  static ObjectNode of(VolumeView view) {
    ObjectNode item = JsonNodeFactory.instance.objectNode();
    Volume volume = view.volume();
    item.put("name", view.name().value());
    item.put("backend", view.backend().orElse(null));
    if (volume != null && volume.spec().size() != null) {
      item.put("sizeBytes", volume.spec().size().bytes());
    } else {
      item.putNull("sizeBytes");
    }
    item.put("filesystem", volume == null ? null : volume.spec().filesystemName());
    item.put("state", view.state());
    item.put("mountpoint", view.mount() == null ? null : view.mount().mountpoint().toString());
    item.put(
        "createdAt",
        view.createdAt().map(t -> t.truncatedTo(ChronoUnit.SECONDS).toString()).orElse(null));
    if (volume == null) {
      item.putObject("options");
    } else {
      item.set("options", volume.spec().options());
    }
    var holders = item.putArray("holders");
    view.holders()
        .forEach(
            (id, h) ->
                holders
                    .addObject()
                    .put("id", id)
                    .put("count", h.count())
                    .put("since", h.since().truncatedTo(ChronoUnit.SECONDS).toString()));
    item.put("usedBy", view.elsewhere() == null ? null : view.elsewhere().text());
    item.put("problem", view.problem());
    return item;
  }

  /** A call whose outcome is one volume. */
  static CompletionStage<Response> volume(String call, Supplier<CompletionStage<VolumeView>> work) {
    return guarded(call, () -> work.get().thenApply(view -> ok(of(view))));
  }
}
