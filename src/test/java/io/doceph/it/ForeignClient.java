package io.doceph.it;

import io.doceph.rig.CephRig;
import io.doceph.rig.Command;
import java.nio.file.Path;

/**
 * A client of the cluster that is no doceph and has the image of a volume open to write, as after
 * {@code rbd map} by hand.
 */
final class ForeignClient implements AutoCloseable {
  private final CephRig rig;
  private final Path directory;
  private final String shim;
  private final String device;
  private final String address;

  private ForeignClient(CephRig rig, Path directory, String image) {
    this.rig = rig;
    this.directory = directory;
    shim = rig.shim(directory).toString();
    device =
        Command.of(
                shim,
                "--conf",
                rig.conf().toString(),
                "--id",
                "docker",
                "device",
                "map",
                "volumes/" + image)
            .run()
            .succeeded()
            .out();
    address = CephHost.watchers(rig, image).getFirst();
  }

  /** Opens the image of a volume that nobody has open, on the bed's machine. */
  static ForeignClient open(CephBed ceph, String volume) {
    return open(ceph.rig(), ceph.bed().path("foreign"), volume);
  }

  /** Opens an image of the pool volumes that nobody has open; its maps are kept in a directory. */
  static ForeignClient open(CephRig rig, Path directory, String image) {
    return new ForeignClient(rig, directory, image);
  }

  /** The device that the image has. */
  String device() {
    return device;
  }

  /** Its address in the cluster, such as {@code 127.0.0.1:0/123456}. */
  String address() {
    return address;
  }

  /** Closes the image in good order: the cluster knows at once that nobody has it open. */
  void unmap() {
    Command.of(shim, "device", "unmap", device).run().succeeded();
  }

  /** Nothing of it hangs or stays here, whatever the cluster does. */
  @Override
  public void close() {
    rig.crash(directory);
  }
}
