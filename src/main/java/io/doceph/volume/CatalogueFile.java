package io.doceph.volume;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.host.DamagedStateException;
import io.doceph.host.StateFile;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * The volumes of the cluster as they were last heard of, on this host's disk: with them a daemon
 * that starts while the cluster is down answers for every volume it knew.
 */
final class CatalogueFile {
  private static final Logger LOG = Logger.getLogger(CatalogueFile.class);

  private final Path file;

  /** Revision 0 is that of a daemon that knows nothing, which is nothing to write down. */
  private long saved;

  CatalogueFile(Path stateDir) {
    this.file = stateDir.resolve("known-volumes.json");
  }

  /** What was known; a damaged file is the same as none, for the cluster knows better. */
  List<Found> load() {
    List<Found> known = new ArrayList<>();
    try {
      StateFile.read(file)
          .ifPresent(
              json -> json.path("volumes").forEach(v -> known.add(Found.of(VolumeJson.read(v)))));
    } catch (DamagedStateException
        | IllegalArgumentException
        | UncheckedIOException
        | VolumeError e) {
      LOG.warnf(
          "what was known of the cluster's volumes is lost until it answers: %s", e.getMessage());
    }
    return known;
  }

  /** Writes what is known, unless nothing has changed since the last time. */
  synchronized void save(List<Found> found, long revision) {
    if (revision <= saved) {
      return;
    }
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    ArrayNode volumes = json.putArray("volumes");
    for (Found each : found) {
      Volume volume = each.volume();
      if (volume != null && volume.stage() == Volume.Stage.READY) {
        volumes.add(VolumeJson.write(volume));
      }
    }
    try {
      StateFile.write(file, json);
      saved = revision;
    } catch (UncheckedIOException e) {
      LOG.warnf("what is known of the cluster's volumes cannot be kept: %s", e.getMessage());
    }
  }
}
