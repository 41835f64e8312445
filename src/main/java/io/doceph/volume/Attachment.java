package io.doceph.volume;

import java.nio.file.Path;

/** A volume's data, reachable on this host. */
public sealed interface Attachment {
  /** The device node or the directory. */
  Path path();

  /**
   * A directory that is the volume itself; nothing is mounted.
   *
   * @param path the directory
   */
  record Directory(Path path) implements Attachment {}

  /**
   * A block device that holds the volume's filesystem.
   *
   * @param path the device node
   */
  record Device(Path path) implements Attachment {}
}
