package io.doceph.server;

import io.doceph.config.DocephConfig;
import org.jspecify.annotations.Nullable;

/**
 * What {@link Daemon} opened before Quarkus boots and the beans need afterwards.
 *
 * @param config the checked configuration
 * @param socket the plugin socket, listening
 * @param lock the state directory's lock, held as long as this is referenced
 */
record Launched(DocephConfig config, PluginSocket socket, StateLock lock) {
  private static volatile @Nullable Launched current;

  static void set(Launched launched) {
    current = launched;
  }

  static Launched get() {
    Launched launched = current;
    if (launched == null) {
      throw new IllegalStateException("the daemon is started by `doceph serve` alone");
    }
    return launched;
  }
}
