package io.doceph.backend.rbd;

import io.doceph.volume.Removal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What the configuration says about Ceph, and who this host is.
 *
 * @param conf Ceph's configuration file
 * @param places pools and namespaces that volumes may be in; the first one is the default
 * @param users Ceph users that volumes may ask for; the first one is the default
 * @param mapper how images become devices: {@code krbd}, {@code nbd} or {@code auto}
 * @param removal what becomes of removed volumes
 * @param trashExpiry how long a removed volume can be brought back
 * @param takeoverWait how long a host that holds a volume is given to show that it is dead
 * @param blocklistExpiry how long a client that was cut off stays so
 * @param commandTime how long a short command of Ceph's may take
 * @param keyrings the directory of the users' keyrings, for the host's tables
 * @param hostTables whether rbdmap and fstab are kept, as the first doceph did
 * @param rbdmap the host's table of maps
 * @param fstab the host's table of mounts
 * @param hostName this host's name, for people
 * @param hostId this daemon, for other daemons
 * @param bootId this boot
 * @param stateDir parent of what a reboot keeps
 * @param runDir parent of what a reboot voids
 * @param mountRoot parent of the mountpoints
 */
public record RbdSettings(
    Path conf,
    List<String> places,
    List<String> users,
    String mapper,
    Removal removal,
    Duration trashExpiry,
    Duration takeoverWait,
    Duration blocklistExpiry,
    Duration commandTime,
    Path keyrings,
    boolean hostTables,
    Path rbdmap,
    Path fstab,
    String hostName,
    String hostId,
    String bootId,
    Path stateDir,
    Path runDir,
    Path mountRoot) {
  public RbdSettings {
    places = List.copyOf(places);
    users = List.copyOf(users);
  }

  List<Place> allPlaces() {
    return places.stream().map(Place::parse).distinct().toList();
  }

  String defaultUser() {
    return users.getFirst();
  }
}
