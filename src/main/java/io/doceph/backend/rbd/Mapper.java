package io.doceph.backend.rbd;

import com.fasterxml.jackson.databind.JsonNode;
import io.doceph.host.BlockDevices;
import io.doceph.host.process.Command;
import io.doceph.host.process.CommandFailure;
import io.doceph.host.process.CommandResult;
import io.doceph.host.process.Deadline;
import io.doceph.volume.VolumeError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Makes block devices of images, by the kernel's own RBD or by rbd-nbd. */
final class Mapper {
  static final String KRBD = "krbd";
  static final String NBD = "nbd";
  static final String AUTO = "auto";

  private static final Logger LOG = Logger.getLogger(Mapper.class);
  private static final Duration NODE_TIME = Duration.ofSeconds(10);
  private static final Duration NODE_LOOK = Duration.ofMillis(5);
  private static final Duration UNDO = Duration.ofSeconds(20);
  private static final Duration BUSY_TIME = Duration.ofSeconds(5);
  private static final Duration BUSY_PAUSE = Duration.ofMillis(100);

  /** How unmap says that the image is not mapped: what was to be done is done. */
  private static final List<String> NOT_MAPPED =
      List.of(
          "not a mapped image", "is not mapped", "is not a block device", "is not an rbd device");

  /**
   * A mapped image.
   *
   * @param image the image's name when it was mapped
   */
  record Device(Place place, String image, Path path) {
    boolean isOf(Image other) {
      return place.equals(other.place()) && image.equals(other.name());
    }
  }

  private final Cluster cluster;
  private final RbdCommands commands;
  private final String configured;
  private final String user;
  private volatile @Nullable String chosen;

  /** {@code configured} is krbd, nbd or auto. */
  Mapper(Cluster cluster, RbdCommands commands, String configured, String user) {
    this.cluster = cluster;
    this.commands = commands;
    this.configured = configured;
    this.user = user;
  }

  /** The type in use: krbd or nbd; with auto krbd until it turns out not to be there. */
  String type() {
    String known = chosen;
    return known != null ? known : configured.equals(AUTO) ? KRBD : configured;
  }

  /** How images are mapped, for people. */
  String text() {
    return configured.equals(AUTO)
        ? type() + " (auto" + (chosen == null ? ", not tried yet)" : ")")
        : configured;
  }

  /**
   * Maps an image and waits for its device node. What a failed map has left is taken away.
   *
   * @param options map options, such as {@code queue_depth=256}
   */
  Path map(Image image, List<String> options, boolean readOnly, String what, Deadline deadline) {
    try {
      Path device = mapAs(type(), image, options, readOnly, what, deadline);
      chosen = type();
      return device;
    } catch (VolumeError e) {
      boolean without =
          Cluster.failure(e).filter(CephFailures::isWithoutKrbd).isPresent()
              && configured.equals(AUTO)
              && type().equals(KRBD);
      if (!without) {
        throw e;
      }
      LOG.infof("this kernel has no rbd: images are mapped by rbd-nbd from now on");
      Path device = mapAs(NBD, image, options, readOnly, what, deadline);
      chosen = NBD;
      return device;
    }
  }

  private Path mapAs(
      String type,
      Image image,
      List<String> options,
      boolean readOnly,
      String what,
      Deadline deadline) {
    try {
      List<String> all = new ArrayList<>(options);
      if (type.equals(KRBD)) {
        // The node is waited for here, within a bound. A client of its own for each map, so that
        // cutting one volume off does not cut off all of the host.
        all.add("noudev");
        all.add("noshare");
      }
      CommandResult result =
          cluster.map(
              commands.map(image, type, all, readOnly, leavingTimeToUndo(deadline)), what, image);
      Path device = device(result.text(), what);
      awaitNode(device, what, deadline);
      return device;
    } catch (VolumeError e) {
      undo(type, image, e);
      throw e;
    }
  }

  /** Whoever waits is told why, and the map is undone, before the whole operation is given up. */
  private static Deadline leavingTimeToUndo(Deadline deadline) {
    return deadline.sooner(deadline.remaining().multipliedBy(4).dividedBy(5));
  }

  private static Path device(String output, String what) {
    return output
        .lines()
        .map(String::strip)
        .filter(line -> line.startsWith("/dev/"))
        .reduce((first, last) -> last)
        .map(Path::of)
        .orElseThrow(
            () ->
                new VolumeError(
                    VolumeError.Code.FAILED, what + ": rbd did not say which device it made"));
  }

  /** udev may be slow or absent; the kernel's own /dev is not. */
  private static void awaitNode(Path device, String what, Deadline deadline) {
    Deadline end = deadline.sooner(NODE_TIME);
    while (!Files.exists(device) || BlockDevices.sizeBytes(device).orElse(0) == 0) {
      if (end.expired()) {
        throw new VolumeError(
            VolumeError.Code.FAILED,
            what
                + ": the device "
                + device
                + " did not appear within "
                + NODE_TIME.toSeconds()
                + " s; is /dev a devtmpfs?");
      }
      LockSupport.parkNanos(NODE_LOOK.toNanos());
    }
  }

  private void undo(String type, Image image, VolumeError cause) {
    boolean mayBeMapped =
        Cluster.failure(cause)
            .map(f -> f.kind() == CommandFailure.Kind.TIMEOUT)
            .orElse(true); // it was mapped, and the device is not as it should be
    if (!mayBeMapped) {
      return;
    }
    try {
      unmap(image, type, false, "the map of " + image + " cannot be undone", Deadline.after(UNDO));
    } catch (VolumeError e) {
      cause.addSuppressed(e);
      LOG.warnf("%s; tried again later", e.getMessage());
    }
  }

  /**
   * Takes an image's device away; none is success. One that is busy is tried again for some
   * seconds.
   *
   * @param force also when I/O is under way: it fails then
   */
  void unmap(Image image, String type, boolean force, String what, Deadline deadline) {
    unmap(image, commands.unmap(image, image.spec(), type, force, deadline), what, deadline);
  }

  /** The same for one of several devices of an image. */
  void unmapDevice(Image image, Path device, String type, String what, Deadline deadline) {
    unmap(image, commands.unmap(image, device.toString(), type, false, deadline), what, deadline);
  }

  private void unmap(Image image, Command command, String what, Deadline deadline) {
    Deadline patience = deadline.sooner(BUSY_TIME);
    while (true) {
      try {
        // An unmap talks to the kernel; it is tried however silent the cluster is.
        CommandResult unused = cluster.local(command, what, image.user(), image.place().pool());
        return;
      } catch (VolumeError e) {
        String said = Cluster.failure(e).map(CommandFailure::stderr).orElse("");
        if (NOT_MAPPED.stream().anyMatch(said::contains)) {
          return;
        }
        if (!Cluster.exited(e, CephFailures.EBUSY) || patience.expired()) {
          throw e;
        }
        LockSupport.parkNanos(BUSY_PAUSE.toNanos());
      }
    }
  }

  /** The devices that images have on this host, whoever mapped them. */
  List<Device> devices(String type, Deadline deadline) {
    String what = "what is mapped here cannot be listed";
    JsonNode list =
        Cluster.parse(
            cluster.local(commands.devices(type, deadline), what, user, "").stdout(), what);
    List<Device> devices = new ArrayList<>();
    for (JsonNode each : list) {
      String snapshot = each.path("snap").asText("-");
      if (snapshot.equals("-") || snapshot.isEmpty()) {
        devices.add(
            new Device(
                new Place(each.path("pool").asText(), each.path("namespace").asText("")),
                each.path(each.has("name") ? "name" : "image").asText(),
                Path.of(each.path("device").asText())));
      }
    }
    return devices;
  }

  /** The device of an image on this host. */
  Optional<Path> find(Image image, String type, Deadline deadline) {
    return devices(type, deadline).stream()
        .filter(d -> d.isOf(image))
        .map(Device::path)
        .findFirst();
  }
}
