package io.doceph.volume;

import java.util.ArrayList;
import java.util.List;

/** The options a block volume is mounted with. */
final class MountPlan {
  private MountPlan() {}

  /** For use: what the volume asked for. */
  static List<String> forUse(VolumeSpec spec) {
    List<String> options = new ArrayList<>(spec.mountOptions());
    if (spec.context() != null) {
      options.add("context=\"" + spec.context() + "\"");
    }
    if (spec.isReadOnly() && !options.contains("ro")) {
      options.add("ro");
    }
    return options;
  }

  /** For setting up the root of a fresh volume: writable whatever the volume asked for. */
  static List<String> forPreparing(VolumeSpec spec) {
    List<String> options = forUse(spec);
    options.remove("ro");
    return options;
  }
}
