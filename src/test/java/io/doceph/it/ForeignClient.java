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

  private ForeignClient(CephBed ceph, String volume) {
    rig = ceph.rig();
    directory = ceph.bed().path("foreign");
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
                "volumes/" + volume)
            .run()
            .succeeded()
            .out();
    address = CephHost.watchers(rig, volume).getFirst();
  }

  /** Opens the image of a volume that nobody has open. */
  static ForeignClient open(CephBed ceph, String volume) {
    return new ForeignClient(ceph, volume);
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
