package io.doceph.volume;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;

/** The backend of the service's own tests keeps the contract like any other. */
class MemoryBackendTest extends VolumeBackendContract {
  private final MemoryBackend.Place place;

  MemoryBackendTest(@TempDir Path dir) {
    place = new MemoryBackend.Place(dir);
  }

  @Override
  protected VolumeBackend open() {
    return new MemoryBackend("memory", place);
  }

  @Override
  protected void damage(VolumeName name) {
    place.damage(name);
  }

  @Override
  protected boolean hasData(VolumeName name) {
    return !place.owner(name).isEmpty();
  }

  @Override
  protected List<Foreign> foreign() {
    return List.of(new Foreign("foreign data", place::putForeign, place::owner));
  }

  @Override
  protected void loseData(VolumeName name) {
    place.lose(name);
  }
}
