package io.doceph.docker;

import io.doceph.volume.VolumeName;
import io.doceph.volume.VolumeService;
import io.doceph.volume.VolumeView;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The answer to List, written once for each revision of the service, and each item of it once for
 * each change of its volume: 10,000 volumes are 3 MB.
 */
@ApplicationScoped
class ListAnswer {
  private static final byte[] OPEN = "{\"Volumes\":[".getBytes(StandardCharsets.UTF_8);
  private static final byte[] CLOSE = "],\"Err\":\"\"}".getBytes(StandardCharsets.UTF_8);

  private static final class Item {
    final VolumeView view;
    final byte[] json;

    Item(VolumeView view) {
      this.view = view;
      this.json = Answers.bytes(Answers.item(view));
    }

    /** Whether it still says what is so; the parts of a view are never changed but replaced. */
    @SuppressWarnings("ReferenceEquality") // equal in content would cost as much as writing anew
    boolean tells(VolumeView other) {
      return view.volume() == other.volume()
          && view.mount() == other.mount()
          && Objects.equals(view.problem(), other.problem())
          && Objects.equals(view.elsewhere(), other.elsewhere());
    }
  }

  private final VolumeService service;
  private Map<VolumeName, Item> items = new HashMap<>();
  private long revision = -1;
  private byte @Nullable [] body;

  ListAnswer(VolumeService service) {
    this.service = service;
  }

  synchronized byte[] body() {
    long now = service.revision(); // before reading: a change meanwhile makes the next call write
    byte[] written = body;
    if (written == null || revision != now) {
      written = write(service.list());
      body = written;
      revision = now;
    }
    return written;
  }

  private byte[] write(List<VolumeView> views) {
    Map<VolumeName, Item> next = HashMap.newHashMap(views.size());
    ByteArrayOutputStream out = new ByteArrayOutputStream(256 * views.size() + 64);
    out.writeBytes(OPEN);
    for (VolumeView view : views) {
      Item known = items.get(view.name());
      Item item = known != null && known.tells(view) ? known : new Item(view);
      if (!next.isEmpty()) {
        out.write(',');
      }
      next.put(view.name(), item);
      out.writeBytes(item.json);
    }
    out.writeBytes(CLOSE);
    items = next;
    return out.toByteArray();
  }
}
