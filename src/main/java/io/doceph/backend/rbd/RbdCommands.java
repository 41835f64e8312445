package io.doceph.backend.rbd;

import io.doceph.host.Tools;
import io.doceph.host.process.Command;
import io.doceph.host.process.CommandClass;
import io.doceph.host.process.Deadline;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The commands of Ceph's programs as argument lists; runs nothing. */
final class RbdCommands {
  /**
   * Ten thousand volumes are 20 MB of dump; more than a hundred thousand are not to be expected.
   */
  private static final int LISTING_LIMIT = 256 << 20;

  /** The name of locks on objects of doceph's own. */
  private static final String LOCK = "doceph";

  /**
   * What the monitors keep of clients' settings is about images' data, and fetching it is a fifth
   * of a short command's time: what makes or maps images, or works on their data, still does.
   */
  private static final String WITHOUT_CENTRAL_SETTINGS = "--no-mon-config";

  private final Tools tools;
  private final Path conf;
  private final String user;
  private final Duration commandTime;

  /**
   * Commands on one cluster.
   *
   * @param user who works on the index
   * @param commandTime how long a short command may take
   */
  RbdCommands(Tools tools, Path conf, String user, Duration commandTime) {
    this.tools = tools;
    this.conf = conf;
    this.user = user;
    this.commandTime = commandTime;
  }

  /**
   * Makes an image; one that exists is refused by rbd with exit code 17.
   *
   * @param options {@code --image-feature} and the like
   */
  Command create(Image image, long bytes, List<String> options, Deadline deadline) {
    return quick(rbd(image.user(), "create"), deadline)
        .arg("--size", bytes + "B")
        .args(options)
        .arg(image.spec());
  }

  Command rename(Image image, Image to, Deadline deadline) {
    return quick(header(image.user(), "rename"), deadline).arg(image.spec(), to.spec());
  }

  Command resize(Image image, long bytes, Deadline deadline) {
    return rbd(image.user(), "resize")
        .deadline(deadline)
        .arg("--no-progress", "--size", bytes + "B", image.spec());
  }

  /** Deletes an image that has hardly any data. */
  Command remove(Image image, Deadline deadline) {
    return quick(rbd(image.user(), "rm"), deadline).arg("--no-progress", image.spec());
  }

  Command info(Image image, Deadline deadline) {
    return quick(header(image.user(), "info"), deadline).arg("--format", "json", image.spec());
  }

  Command status(Image image, Deadline deadline) {
    return quick(header(image.user(), "status"), deadline).arg("--format", "json", image.spec());
  }

  Command locks(Image image, Deadline deadline) {
    return quick(header(image.user(), "lock", "ls"), deadline)
        .arg("--format", "json", image.spec());
  }

  Command breakLock(Image image, String lockId, String locker, Deadline deadline) {
    return quick(rbd(image.user(), "lock", "rm"), deadline).arg(image.spec(), lockId, locker);
  }

  Command enableFeature(Image image, String feature, Deadline deadline) {
    return quick(rbd(image.user(), "feature", "enable"), deadline).arg(image.spec(), feature);
  }

  Command getMeta(Image image, String key, Deadline deadline) {
    return quick(header(image.user(), "image-meta", "get"), deadline).arg(image.spec(), key);
  }

  Command setMeta(Image image, String key, String value, Deadline deadline) {
    return quick(header(image.user(), "image-meta", "set"), deadline).arg(image.spec(), key, value);
  }

  Command images(Place place, Deadline deadline) {
    return quick(header(user, "ls"), deadline)
        .stdoutLimit(LISTING_LIMIT)
        .arg("--format", "json", place.toString());
  }

  Command moveToTrash(Image image, String until, Deadline deadline) {
    return quick(header(image.user(), "trash", "mv"), deadline)
        .arg("--expires-at", until, image.spec());
  }

  Command trash(Place place, Deadline deadline) {
    return quick(header(user, "trash", "ls"), deadline)
        .stdoutLimit(LISTING_LIMIT)
        .arg("--all", "--format", "json", place.toString());
  }

  Command restore(Place place, String id, String as, Deadline deadline) {
    return quick(rbd(user, "trash", "restore"), deadline).arg("--image", as, place + "/" + id);
  }

  /** Deletes an image from the trash, however long it was to stay there. */
  Command removeFromTrash(Place place, String id, Deadline deadline) {
    return rbd(user, "trash", "rm")
        .deadline(deadline)
        .arg("--no-progress", "--force", place + "/" + id);
  }

  /** The same, and rbd refuses with exit code 1 while the image is to stay there. */
  Command removeExpired(Place place, String id, Deadline deadline) {
    return rbd(user, "trash", "rm").deadline(deadline).arg("--no-progress", place + "/" + id);
  }

  Command watchers(Place place, String imageId, Deadline deadline) {
    return quick(rados(place, "listwatchers"), deadline).arg("rbd_header." + imageId);
  }

  Command map(Image image, String type, List<String> options, boolean readOnly, Deadline deadline) {
    Command command = rbd(image.user(), "device", "map").deadline(deadline).arg("-t", type);
    if (!options.isEmpty()) {
      command = command.arg("-o", String.join(",", options));
    }
    return (readOnly ? command.arg("--read-only") : command).arg(image.spec());
  }

  /** {@code which} is the image or one of its devices. */
  Command unmap(Image image, String which, String type, boolean force, Deadline deadline) {
    Command command = rbd(image.user(), "device", "unmap").deadline(deadline).arg("-t", type);
    // rbd-nbd knows no force.
    boolean forced = force && !type.equals(Mapper.NBD);
    return (forced ? command.arg("-o", "force") : command).arg(which);
  }

  Command devices(String type, Deadline deadline) {
    return quick(rbd(user, "device", "list"), deadline).arg("-t", type, "--format", "json");
  }

  /** Lists all keys and values of an object. */
  Command listOmap(Place place, String object, Deadline deadline) {
    return quick(rados(place, "listomapvals"), deadline).stdoutLimit(LISTING_LIMIT).arg(object);
  }

  Command getOmap(Place place, String object, String key, Deadline deadline) {
    return quick(rados(place, "getomapval"), deadline).arg(object, key);
  }

  Command setOmap(Place place, String object, String key, String value, Deadline deadline) {
    return quick(rados(place, "setomapval"), deadline).arg(object, key, value);
  }

  Command removeOmap(Place place, String object, String key, Deadline deadline) {
    return quick(rados(place, "rmomapkey"), deadline).arg(object, key);
  }

  /** Takes the one exclusive lock of an object, for some time. */
  Command lock(Place place, String object, String cookie, Duration valid, Deadline deadline) {
    return quick(rados(place, "lock"), deadline)
        .arg("get", object, LOCK, "--lock-cookie", cookie)
        .arg("--lock-duration", Long.toString(valid.toSeconds()));
  }

  Command lockInfo(Place place, String object, Deadline deadline) {
    return quick(rados(place, "lock"), deadline).arg("info", object, LOCK, "--format", "json");
  }

  Command removeObject(Place place, String object, Deadline deadline) {
    return quick(rados(place, "rm"), deadline).arg(object);
  }

  /** Keeps a client from the cluster for some time. */
  Command blocklist(String as, String address, Duration expiry, Deadline deadline) {
    return quick(ceph(as, "osd", "blocklist", "add"), deadline)
        .arg(address, Long.toString(expiry.toSeconds()));
  }

  Command blocklisted(Deadline deadline) {
    return quick(ceph(user, "osd", "blocklist", "ls"), deadline).arg("--format", "json");
  }

  /** The map of OSDs and pools, by a monitor; every user of {@code profile rbd} may ask for it. */
  Command osdMap(String as, Deadline deadline) {
    return quick(ceph(as, "osd", "dump"), deadline).arg("--format", "json");
  }

  private Command rbd(String as, String... words) {
    return program("rbd", as).arg(words);
  }

  /** Reads or writes what is known of images, and none of their data. */
  private Command header(String as, String... words) {
    return program("rbd", as).arg(WITHOUT_CENTRAL_SETTINGS).arg(words);
  }

  private Command rados(Place place, String word) {
    Command command = program("rados", user).arg(WITHOUT_CENTRAL_SETTINGS, "-p", place.pool());
    return (place.namespace().isEmpty() ? command : command.arg("-N", place.namespace())).arg(word);
  }

  private Command ceph(String as, String... words) {
    return program("ceph", as).arg(words);
  }

  private Command program(String tool, String as) {
    return Command.of(tools.require(tool), CommandClass.CEPH)
        .arg("--conf", conf.toString(), "--id", as);
  }

  private Command quick(Command command, Deadline deadline) {
    return command.deadline(deadline).time(commandTime);
  }
}
