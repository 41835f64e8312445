package io.doceph.admin;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.volume.Trashed;
import java.time.temporal.ChronoUnit;

/** A removed volume in the daemon's own API. */
final class TrashItem {
  private TrashItem() {}

  static ObjectNode of(Trashed trashed) {
    ObjectNode item = name(trashed);
    var spec = trashed.volume().spec();
    item.put("sizeBytes", spec.size() == null ? null : spec.size().bytes());
    item.set("pool", spec.options().get("pool"));
    item.put("deletedAt", trashed.deletedAt().truncatedTo(ChronoUnit.SECONDS).toString());
    item.put("expiresAt", trashed.expiresAt().truncatedTo(ChronoUnit.SECONDS).toString());
    return item;
  }

  /** Which it is. */
  static ObjectNode name(Trashed trashed) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("id", trashed.id())
        .put("name", trashed.name().value());
  }
}
