package io.doceph.backend.rbd;

import io.doceph.volume.Volume;
import io.doceph.volume.VolumeError;
import org.jboss.logging.Logger;

/**
 * Keeps the host's tables when the configuration asks for it. They are for people and scripts: that
 * they cannot be written fails nothing.
 */
final class Tables {
  private static final Logger LOG = Logger.getLogger(Tables.class);

  private final RbdSettings settings;
  private final HostTables tables;

  Tables(RbdSettings settings) {
    this.settings = settings;
    this.tables = new HostTables(settings.rbdmap(), settings.fstab());
  }

  void put(Volume volume, Image image) {
    if (!settings.hostTables()) {
      return;
    }
    try {
      tables.put(
          new HostTables.Entry(
              volume.name(),
              image.place().pool(),
              image.place().namespace(),
              image.name(),
              image.user(),
              settings.keyrings().resolve("ceph.client." + image.user() + ".keyring"),
              volume.spec().blockFilesystem().wireName(),
              settings.mountRoot().resolve(volume.name().value())));
    } catch (VolumeError e) {
      LOG.warnf("volume=%s: %s", volume.name(), e.getMessage());
    }
  }

  void remove(Volume volume, Image image) {
    if (!settings.hostTables()) {
      return;
    }
    try {
      tables.remove(volume.name(), image.place().pool(), image.place().namespace(), image.name());
    } catch (VolumeError e) {
      LOG.warnf("volume=%s: %s", volume.name(), e.getMessage());
    }
  }
}
