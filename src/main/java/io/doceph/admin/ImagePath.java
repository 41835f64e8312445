package io.doceph.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeName;

/**
 * An image of the cluster that is to become a volume, given as {@code pool/name} or {@code
 * pool/namespace/name}.
 *
 * @param pool its pool
 * @param namespace its namespace in the pool; empty for none
 * @param name its name, which will be the volume's
 */
record ImagePath(String pool, String namespace, VolumeName name) {
  static ImagePath parse(String text) {
    String[] parts = text.strip().split("/", -1);
    boolean whole = parts.length == 2 || parts.length == 3;
    for (String part : parts) {
      whole &= !part.isEmpty();
    }
    if (!whole) {
      throw new VolumeError(
          VolumeError.Code.INVALID,
          "an image is given as pool/name or pool/namespace/name, as in volumes/db1");
    }
    return new ImagePath(
        parts[0], parts.length == 3 ? parts[1] : "", volumeName(parts[parts.length - 1]));
  }

  private static VolumeName volumeName(String image) {
    try {
      return new VolumeName(image);
    } catch (VolumeError e) {
      throw new VolumeError(
          e.code(), e.getMessage() + "; give the image such a name first: `rbd rename`", e);
    }
  }

  /** Puts the place into a volume's options, where nobody else may say it. */
  void into(ObjectNode options) {
    if (options.has("pool") || options.has("namespace")) {
      throw new VolumeError(
          VolumeError.Code.INVALID,
          "pool and namespace are part of the image's path, and no options beside it");
    }
    options.put("pool", pool);
    if (!namespace.isEmpty()) {
      options.put("namespace", namespace);
    }
  }
}
