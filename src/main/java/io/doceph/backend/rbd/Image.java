package io.doceph.backend.rbd;

import io.doceph.volume.VolumeName;

/**
 * An image, and the Ceph user that works with it.
 *
 * @param place pool and namespace
 * @param name the image's name
 * @param user the Ceph user, without {@code client.}
 */
record Image(Place place, String name, String user) {
  /** Images in the making: nobody else uses this beginning. */
  static final String FRESH = "doceph-new.";

  /**
   * The name of a volume's image while a host makes it. It tells whose it is, so that what is found
   * under it may be undone by that host.
   */
  static String freshName(String hostId, VolumeName volume) {
    return FRESH + hostId + "." + volume;
  }

  /** {@code POOL/IMAGE} or {@code POOL/NAMESPACE/IMAGE}, as rbd takes it. */
  String spec() {
    return place + "/" + name;
  }

  /** The same image under another name. */
  Image named(String other) {
    return new Image(place, other, user);
  }

  @Override
  public String toString() {
    return spec();
  }
}
