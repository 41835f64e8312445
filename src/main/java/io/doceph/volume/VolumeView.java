package io.doceph.volume;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A volume as the edges show it: what it is, and what this host does with it.
 *
 * @param name its name
 * @param volume the volume, or null when its description is damaged
 * @param mount how it is mounted here, or null
 * @param problem what is wrong, one sentence, or null
 * @param elsewhere who writes to it on another host, as far as is known, or null
 */
public record VolumeView(
    VolumeName name,
    @Nullable Volume volume,
    @Nullable MountRecord mount,
    @Nullable String problem,
    @Nullable VolumeUser elsewhere) {

  /** One word: {@code mounted}, {@code ready}, {@code creating}, {@code removing}, … */
  public String state() {
    if (volume == null) {
      return "damaged";
    }
    if (mount != null) {
      return "mounted";
    }
    return switch (volume.stage()) {
      case RESERVED, CREATED -> "creating";
      case READY -> "ready";
      case REMOVING -> "removing";
    };
  }

  /** The backend's name, if it is known. */
  public Optional<String> backend() {
    return Optional.ofNullable(volume).map(v -> v.spec().backend());
  }

  /** When it was made, if that is known. */
  public Optional<Instant> createdAt() {
    return Optional.ofNullable(volume).map(Volume::createdAt);
  }

  /** Who holds it on this host, by mount ID. */
  public Map<String, Holder> holders() {
    return mount == null ? Map.of() : mount.holders();
  }
}
