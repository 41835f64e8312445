package io.doceph.volume;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.time.Instant;
import java.util.List;

/** Volumes for tests. */
public final class Volumes {
  private Volumes() {}

  /** A reserved directory volume of the host {@code host-1}. */
  public static Volume reserved(String backend, String name) {
    return new Volume(
        new VolumeSpec(
            new VolumeName(name),
            backend,
            null,
            null,
            List.of(),
            List.of(),
            VolumeSpec.Root.UNCHANGED,
            null,
            JsonNodeFactory.instance.objectNode()),
        Instant.parse("2026-01-02T03:04:05Z"),
        Volume.Stage.RESERVED,
        "host-1",
        0);
  }
}
