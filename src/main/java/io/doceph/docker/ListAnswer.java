package io.doceph.docker;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.volume.VolumeService;
import io.doceph.volume.VolumeView;
import jakarta.enterprise.context.ApplicationScoped;
import org.jspecify.annotations.Nullable;

/** The answer to List, written once for each revision of the service: 10,000 volumes are 3 MB. */
@ApplicationScoped
class ListAnswer {
  private static final class Written {
    final long revision;
    final byte[] body;

    Written(long revision, byte[] body) {
      this.revision = revision;
      this.body = body;
    }
  }

  private final VolumeService service;
  private volatile @Nullable Written last;

  ListAnswer(VolumeService service) {
    this.service = service;
  }

  byte[] body() {
    Written written = last;
    long revision =
        service.revision(); // before reading: a change meanwhile makes the next call write
    if (written == null || written.revision != revision) {
      ObjectNode answer = Answers.object();
      ArrayNode volumes = answer.putArray("Volumes");
      for (VolumeView view : service.list()) {
        volumes.add(Answers.item(view));
      }
      answer.put("Err", "");
      written = new Written(revision, Answers.bytes(answer));
      last = written;
    }
    return written.body;
  }
}
