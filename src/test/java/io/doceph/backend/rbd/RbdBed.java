package io.doceph.backend.rbd;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.config.ByteSize;
import io.doceph.host.Filesystem;
import io.doceph.host.Tools;
import io.doceph.host.process.Deadline;
import io.doceph.host.process.ProcessRunner;
import io.doceph.host.process.RunLimits;
import io.doceph.host.process.RunListener;
import io.doceph.rig.CephRig;
import io.doceph.rig.Command;
import io.doceph.volume.Removal;
import io.doceph.volume.SpecParser;
import io.doceph.volume.Volume;
import io.doceph.volume.Volume.Stage;
import io.doceph.volume.VolumeName;
import io.doceph.volume.VolumeSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Hosts with doceph's backend, each with its own directories and maps, on the shared cluster. */
final class RbdBed {
  static final Place VOLUMES = Place.parse("volumes");
  static final Place TEAM = Place.parse("volumes/team1");
  static final Place SSD = Place.parse("ssd");
  private static final List<Place> PLACES = List.of(VOLUMES, TEAM, SSD);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final CephRig ceph = CephRig.shared();
  private final Path directory;

  /** A bed in a directory, on a cluster that nobody has left anything in. */
  RbdBed(Path directory) {
    try {
      this.directory = directory.toRealPath();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    wipe();
  }

  CephRig ceph() {
    return ceph;
  }

  /** Where a host keeps everything. */
  Path host(String hostId) {
    return directory.resolve(hostId);
  }

  /** The backend of a daemon on that host; several of one host are one daemon after the other. */
  RbdBackend backend(String hostId) {
    return backend(hostId, ceph.shim(host(hostId)));
  }

  /** The same with another program as its rbd. */
  RbdBackend backend(String hostId, Path rbd) {
    return new RbdBackend(
        settings(ceph.conf(), host(hostId), hostId),
        new Tools(Map.of("rbd", rbd)),
        new ProcessRunner(RunLimits.defaults(), RunListener.NONE));
  }

  /** What the daemon of a host in a directory is configured to. */
  static RbdSettings settings(Path conf, Path host, String hostId) {
    return new RbdSettings(
        conf,
        PLACES.stream().map(Place::toString).toList(),
        List.of("docker", "cinder", "nocaps"),
        "krbd",
        Removal.TRASH,
        Duration.ofDays(7),
        Duration.ofSeconds(3),
        Duration.ofDays(365),
        Duration.ofSeconds(20),
        conf.resolveSibling("keyrings"),
        false,
        host.resolve("rbdmap"),
        host.resolve("fstab"),
        "name-of-" + hostId,
        hostId,
        "boot-1",
        host.resolve("lib"),
        host.resolve("run"),
        host.resolve("mnt"));
  }

  /** A volume as the daemon of a host would begin to make it. */
  static Volume reserved(RbdBackend backend, String hostId, String name, Map<String, ?> options) {
    ObjectNode given = JSON.valueToTree(options);
    VolumeSpec spec =
        new SpecParser(Map.of("rbd", backend), "rbd", new ByteSize(8 << 20), Filesystem.EXT4)
            .parse(new VolumeName(name), given);
    return new Volume(
        spec, Instant.now().truncatedTo(ChronoUnit.MICROS), Stage.RESERVED, hostId, 0);
  }

  /** Makes a volume in the order of the service, but for the filesystem. */
  static Volume made(RbdBackend backend, String hostId, String name, Map<String, ?> options) {
    Volume volume = reserved(backend, hostId, name, options);
    assertThat(backend.reserve(volume, soon())).isTrue();
    backend.createData(volume, soon());
    backend.describe(volume.at(Stage.CREATED), soon());
    backend.describe(volume.at(Stage.READY), soon());
    return volume.at(Stage.READY);
  }

  static Deadline soon() {
    return Deadline.after(Duration.ofSeconds(60));
  }

  /** The images of a place, private ones among them. */
  List<String> images(Place place) {
    return ceph.rbd("ls", place.toString()).succeeded().out().lines().sorted().toList();
  }

  /** Whether a volume's image is there, under its own name or that which one host gives it. */
  boolean hasImage(VolumeName volume, String hostId) {
    List<String> images = images(VOLUMES);
    return images.contains(volume.value()) || images.contains(Image.freshName(hostId, volume));
  }

  /** An image's facts, as rbd tells them. */
  JsonNode info(String spec) {
    return json(ceph.rbd("info", "--format", "json", spec));
  }

  /** The keys of a place's index. */
  List<String> keys(Place place) {
    Command.Result result = ceph.rados(omap(place, "listomapkeys"));
    return result.exit() == 0 ? result.out().lines().toList() : List.of();
  }

  /** Writes into a place's index. */
  void putKey(Place place, String key, String value) {
    ceph.rados(omap(place, "setomapval", key, value)).succeeded();
  }

  private static String[] omap(Place place, String word, String... more) {
    List<String> arguments = new ArrayList<>(List.of("-p", place.pool(), "-N", place.namespace()));
    arguments.addAll(List.of(word, Index.OBJECT));
    arguments.addAll(List.of(more));
    return arguments.toArray(String[]::new);
  }

  /** Takes all away, and insists that no host has an image mapped. */
  void clear() {
    List<String> mapped = new ArrayList<>();
    for (Path host : hosts()) {
      mapped.addAll(names(host.resolve("state")).stream().map(n -> host + ": " + n).toList());
      ceph.unmapAll(host);
    }
    wipe();
    assertThat(mapped).as("maps left behind").isEmpty();
    assertThat(Command.of("losetup", "--list").run().out()).doesNotContain(directory.toString());
  }

  private void wipe() {
    for (String pool : List.of(VOLUMES.pool(), SSD.pool())) {
      // NAMESPACE, a tab, the object's name: what is empty is told by one program.
      String objects = ceph.rados("-p", pool, "ls", "--all").succeeded().out();
      PLACES.stream()
          .filter(place -> place.pool().equals(pool))
          .filter(
              place ->
                  objects
                      .lines()
                      .map(line -> line.contains("\t") ? line : "\t" + line) // the first one
                      .anyMatch(
                          line ->
                              line.startsWith(place.namespace() + "\trbd_header.")
                                  || line.equals(place.namespace() + "\t" + Index.OBJECT)))
          .forEach(this::wipe);
    }
  }

  private void wipe(Place place) {
    for (String image : images(place)) {
      String spec = place + "/" + image;
      if (ceph.rbd("rm", "--no-progress", spec).exit() != 0) {
        ceph.rbd("snap", "purge", "--no-progress", spec).succeeded();
        ceph.rbd("rm", "--no-progress", spec).succeeded();
      }
    }
    for (JsonNode each : json(ceph.rbd("trash", "ls", "--format", "json", place.toString()))) {
      String id = place + "/" + each.path("id").asText();
      ceph.rbd("trash", "rm", "--no-progress", "--force", id).succeeded();
    }
    ceph.rados("-p", place.pool(), "-N", place.namespace(), "rm", Index.OBJECT);
    // Claims on names end by themselves; not before the next test.
    ceph.rados("-p", place.pool(), "-N", place.namespace(), "ls")
        .out()
        .lines()
        .filter(object -> object.startsWith("doceph.name."))
        .forEach(object -> ceph.rados("-p", place.pool(), "-N", place.namespace(), "rm", object));
  }

  private List<Path> hosts() {
    return names(directory).stream()
        .map(directory::resolve)
        .filter(host -> Files.exists(host.resolve("rbd")))
        .toList();
  }

  private static List<String> names(Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> String.valueOf(file.getFileName())).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static JsonNode json(Command.Result result) {
    try {
      return JSON.readTree(result.succeeded().out());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
