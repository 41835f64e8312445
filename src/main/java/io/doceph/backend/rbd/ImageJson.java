package io.doceph.backend.rbd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.volume.Found;
import io.doceph.volume.Volume;
import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeJson;
import io.doceph.volume.VolumeName;

/**
 * A volume's description as it is kept in the image's own metadata (key {@link #META}) and in the
 * index: one JSON object with the version of its form.
 */
final class ImageJson {
  /** The key of the description in the image's metadata. */
  static final String META = "doceph";

  private static final int VERSION = 1;

  private ImageJson() {}

  static ObjectNode write(Volume volume) {
    return VolumeJson.write(volume).put("version", VERSION);
  }

  /**
   * Reads a description.
   *
   * @throws IllegalArgumentException saying what is wrong with it
   */
  static Volume read(JsonNode json) {
    int version = json.path("version").asInt(0);
    if (version > VERSION) {
      throw new IllegalArgumentException(
          "it has version "
              + version
              + ", and this doceph knows up to "
              + VERSION
              + "; upgrade it");
    }
    if (version < 1) {
      throw new IllegalArgumentException("it has no version");
    }
    return VolumeJson.read(json);
  }

  /** What the index says of a name. */
  static Found found(VolumeName name, byte[] value) {
    try {
      Volume volume = read(Index.json(value));
      if (!volume.name().equals(name)) {
        throw new IllegalArgumentException("it is that of volume " + volume.name());
      }
      return Found.of(volume);
    } catch (IllegalArgumentException | VolumeError e) {
      return Found.damaged(
          name,
          "its description is damaged: "
              + e.getMessage()
              + "; `doceph doctor --repair` writes it anew from the image");
    }
  }
}
