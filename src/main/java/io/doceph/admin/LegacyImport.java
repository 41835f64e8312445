package io.doceph.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.volume.Administration;
import io.doceph.volume.Adoptable;
import io.doceph.volume.Volume;
import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeName;
import io.doceph.volume.VolumeService;
import io.doceph.volume.VolumeView;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Takes the volumes of the first doceph over, one after the other; one that fails stops no other.
 * Done again it goes on where it was interrupted.
 */
final class LegacyImport {
  private static final Logger LOG = Logger.getLogger("io.doceph.admin");

  private final VolumeService service;
  private final Administration administration;
  private final Path metadata;
  private final boolean dryRun;

  LegacyImport(VolumeService service, Path metadata, boolean dryRun) {
    this.service = service;
    this.administration = service.administration();
    this.metadata = metadata;
    this.dryRun = dryRun;
  }

  ObjectNode run() {
    ObjectNode answer = AdminAnswers.object();
    answer.put("dryRun", dryRun);
    ArrayNode volumes = answer.putArray("volumes");
    administration.legacy(metadata).forEach(a -> one(a, volumes.addObject()));
    return answer;
  }

  private void one(Adoptable adoptable, ObjectNode item) {
    item.put("name", adoptable.name());
    item.put("obstacle", adoptable.obstacle());
    ArrayNode notes = item.putArray("notes");
    adoptable.notes().forEach(notes::add);
    item.put("adopted", false);
    ArrayNode done = item.putArray("done");
    item.putNull("error");
    if (adoptable.obstacle() != null) {
      return;
    }
    try {
      if (adopt(adoptable, item, notes)) {
        administration.legacyAdopted(metadata, adoptable).forEach(done::add);
      }
    } catch (CompletionException e) {
      failed(adoptable, item, e.getCause() == null ? e : e.getCause());
    } catch (RuntimeException e) {
      failed(adoptable, item, e);
    }
  }

  /** Whether the first doceph's tables are to forget the volume, because it is one of ours. */
  private boolean adopt(Adoptable adoptable, ObjectNode item, ArrayNode notes) {
    VolumeName name = new VolumeName(adoptable.name());
    Optional<VolumeView> known = service.find(name).join();
    if (known.isPresent()) {
      boolean same = isSame(known.get().volume(), adoptable);
      notes.add(
          same
              ? "it is a volume of doceph's already"
              : "another volume of this name exists already; the image was not taken over");
      return same && !dryRun;
    }
    if (dryRun) {
      return false;
    }
    VolumeView adopted = administration.adopt(name, adoptable.options()).join();
    item.put("adopted", true);
    LOG.infof("volume=%s: taken over from the first doceph", adopted.name());
    return true;
  }

  /** Whether a volume is the image that is to be taken over: only then its old lines may go. */
  private static boolean isSame(@Nullable Volume volume, Adoptable adoptable) {
    if (volume == null) {
      return false;
    }
    ObjectNode options = volume.spec().options();
    String pool = options.path("pool").asText("");
    return !pool.isEmpty()
        && pool.equals(adoptable.options().path("pool").asText())
        && options
            .path("namespace")
            .asText("")
            .equals(adoptable.options().path("namespace").asText(""));
  }

  private static void failed(Adoptable adoptable, ObjectNode item, Throwable failure) {
    if (failure instanceof VolumeError error) {
      LOG.infof(
          "call=import-legacy volume=%s: %s: %s",
          adoptable.name(), error.code().text(), error.getMessage());
      item.put("error", error.getMessage());
    } else {
      LOG.errorf(failure, "call=import-legacy volume=%s: unexpected failure", adoptable.name());
      item.put("error", "doceph failed: " + failure + " (its log says more)");
    }
  }
}
