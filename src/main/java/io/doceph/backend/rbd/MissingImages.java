package io.doceph.backend.rbd;

import com.fasterxml.jackson.databind.JsonNode;
import io.doceph.host.process.Deadline;
import io.doceph.volume.Found;
import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jboss.logging.Logger;

/**
 * Sees that the images of volumes in use here are still there: rbd lets an administrator move even
 * a mounted image into the trash, and the mount goes on as if nothing had happened.
 */
final class MissingImages {
  private static final Logger LOG = Logger.getLogger(MissingImages.class);

  /** One more command now and then is enough: nothing is lost while it is mounted. */
  private static final Duration PAUSE = Duration.ofSeconds(10);

  private final Cluster cluster;
  private final RbdCommands commands;
  private Map<VolumeName, String> problems = Map.of();
  private long looked = System.nanoTime() - PAUSE.toNanos();

  MissingImages(Cluster cluster, RbdCommands commands) {
    this.cluster = cluster;
    this.commands = commands;
  }

  /** What is wrong with the volumes of those of these maps whose image is gone. */
  synchronized Map<VolumeName, String> among(Collection<Maps.Entry> maps, Deadline deadline) {
    List<Maps.Entry> inUse = maps.stream().filter(Maps.Entry::inUse).toList();
    if (inUse.isEmpty()) {
      problems = Map.of();
    } else if (System.nanoTime() - looked >= PAUSE.toNanos()) {
      problems = look(inUse, deadline);
      looked = System.nanoTime();
    }
    Map<VolumeName, String> still = new HashMap<>(problems);
    still.keySet().retainAll(inUse.stream().map(Maps.Entry::volume).toList());
    return still;
  }

  /** The listing, with what is wrong with these volumes. */
  static List<Found> mark(List<Found> listing, Map<VolumeName, String> problems) {
    if (problems.isEmpty()) {
      return listing;
    }
    List<Found> marked = new ArrayList<>();
    for (Found found : listing) {
      String problem = problems.get(found.name());
      marked.add(
          problem == null || found.problem() != null
              ? found
              : new Found(found.name(), found.volume(), problem));
    }
    return marked;
  }

  private Map<VolumeName, String> look(List<Maps.Entry> inUse, Deadline deadline) {
    Map<Place, Set<String>> there = new HashMap<>();
    Map<VolumeName, String> missing = new HashMap<>();
    try {
      for (Maps.Entry entry : inUse) {
        Image image = entry.image();
        Set<String> names =
            there.computeIfAbsent(image.place(), place -> names(place, image, deadline));
        if (!names.contains(image.name())) {
          missing.put(entry.volume(), problem(image));
        }
      }
    } catch (VolumeError e) {
      LOG.debugf("whether the images in use are there cannot be said: %s", e.getMessage());
      return problems;
    }
    return missing;
  }

  private Set<String> names(Place place, Image image, Deadline deadline) {
    JsonNode list =
        cluster.json(
            commands.images(place, deadline),
            "the images in " + place + " cannot be listed",
            image);
    Set<String> names = new HashSet<>();
    list.forEach(name -> names.add(name.asText()));
    return names;
  }

  private static String problem(Image image) {
    return "its image "
        + image
        + " was renamed, removed or put into the trash while it is mounted here; bring it back"
        + " (`rbd trash ls "
        + image.place()
        + "`, `rbd trash restore`), or save what is needed and stop the containers that use it";
  }
}
