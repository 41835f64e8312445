package io.doceph.backend.rbd;

import io.doceph.backend.rbd.LegacyMetadata.Description;
import io.doceph.backend.rbd.LegacyTables.MapLine;
import io.doceph.backend.rbd.LegacyTables.MountLine;
import io.doceph.backend.rbd.LegacyVolumes.Defaults;
import io.doceph.backend.rbd.LegacyVolumes.Found;
import io.doceph.backend.rbd.LegacyVolumes.Skipped;
import io.doceph.volume.VolumeName;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Puts together what metadata, rbdmap and fstab say of the same volume. Where they leave a choice,
 * nothing is chosen: taking over the wrong image is worse than asking a person.
 */
final class LegacySearch {
  private final Defaults defaults;
  private final List<MapLine> maps;
  private final List<MountLine> mounts;
  private final Path rbdmap;
  private final Path fstab;

  private final Map<VolumeName, LegacyVolume> volumes = new TreeMap<>();
  private final List<Skipped> skipped = new ArrayList<>();

  /** Lines that belong to a volume, or of which it is said why they do not. */
  private final Set<Record> done = new HashSet<>();

  LegacySearch(
      Defaults defaults, List<MapLine> maps, List<MountLine> mounts, Path rbdmap, Path fstab) {
    this.defaults = defaults;
    this.maps = maps;
    this.mounts = mounts;
    this.rbdmap = rbdmap;
    this.fstab = fstab;
  }

  Found search(LegacyMetadata metadata) {
    skipped.addAll(metadata.skipped());
    metadata.descriptions().forEach(this::addDescribed);
    maps.stream().filter(line -> !done.contains(line)).forEach(this::addMapped);
    mounts.stream()
        .filter(line -> !done.contains(line))
        .forEach(
            line ->
                skip(
                    line,
                    "no line of %s and no metadata tells of which volume it is".formatted(rbdmap)));
    return new Found(List.copyOf(volumes.values()), skipped);
  }

  private void addDescribed(Description description) {
    VolumeName name = description.name();
    List<String> notes = new ArrayList<>(description.notes());
    String pool = description.pool();
    if (pool == null) {
      List<String> pools = poolsThatMap(name.value());
      if (pools.size() > 1) {
        skipped.add(
            new Skipped(
                description.file().toString(),
                "it names no pool, and %s maps images of its name from several".formatted(rbdmap)));
        return;
      }
      pool = pools.isEmpty() ? defaults.pool() : pools.getFirst();
      notes.add(
          pools.isEmpty()
              ? "nothing names its pool; %s is what doceph is configured with".formatted(pool)
              : "its pool is the one that %s names".formatted(rbdmap));
    }
    List<MountLine> own = mountsOf(pool, name.value());
    Path mountpoint = description.mountpoint();
    if (mountpoint == null) {
      mountpoint = onlyMountpoint(own);
      if (!own.isEmpty() && mountpoint == null) {
        notes.add("several lines of %s mount a device on a directory of its name".formatted(fstab));
      }
    }
    add(
        name,
        pool,
        description.user(),
        description.sizeGiB(),
        description.filesystem(),
        mountpoint,
        notes);
  }

  /** A volume that no metadata tells of: the original's lines in both tables have to fit. */
  private void addMapped(MapLine line) {
    String image = line.image();
    if (done.contains(line)) {
      return;
    }
    List<MountLine> own = mountsOf(line.pool(), image);
    Path mountpoint = onlyMountpoint(own);
    String why = null;
    if (!VolumeName.isValid(image)) {
      why = "its image's name is no name of a volume";
    } else if (volumes.containsKey(new VolumeName(image))) {
      why = "the volume of its image's name is in another pool";
    } else if (own.isEmpty()) {
      why = "no line of %s mounts it on a directory of its name".formatted(fstab);
    } else if (mountpoint == null) {
      why = "several lines of %s mount a device on a directory of its name".formatted(fstab);
    } else if (poolsThatMap(image).size() > 1) {
      why = "images of its name are mapped from several pools";
    } else if (!isInLocalDir(mountpoint)) {
      why = "it is mounted outside of the original's local_dir";
    }
    if (why != null) {
      skip(line, why);
      own.stream()
          .filter(done::add)
          .forEach(
              mount ->
                  skip(
                      mount,
                      "it belongs to line %d of %s, which was left out"
                          .formatted(line.number(), rbdmap)));
      return;
    }
    List<String> notes =
        new ArrayList<>(List.of("only %s and %s tell of it".formatted(rbdmap, fstab)));
    add(new VolumeName(image), line.pool(), null, 0, null, mountpoint, notes);
  }

  private void add(
      VolumeName name,
      String pool,
      @Nullable String writtenUser,
      long sizeGiB,
      @Nullable String writtenFilesystem,
      @Nullable Path mountpoint,
      List<String> notes) {
    String user = writtenUser;
    for (MapLine line : maps.stream().filter(m -> m.isOf(pool, name.value())).toList()) {
      done.add(line);
      user = user == null ? line.user() : user;
      if (line.hasKey()) {
        notes.add(
            "line %d of %s holds its user's key in plain text".formatted(line.number(), rbdmap));
      }
    }
    if (user == null) {
      user = defaults.user();
      notes.add("nothing names its user; %s is what doceph is configured with".formatted(user));
    }
    String filesystem = writtenFilesystem;
    for (MountLine line : mountsOf(pool, name.value())) {
      if (!line.isNumbered() || line.mountpoint().equals(mountpoint)) {
        done.add(line);
        filesystem =
            filesystem == null && TableText.isPlain(line.filesystem())
                ? line.filesystem()
                : filesystem;
      }
    }
    volumes.put(name, new LegacyVolume(name, pool, user, sizeGiB, filesystem, mountpoint, notes));
  }

  private List<String> poolsThatMap(String image) {
    return maps.stream()
        .filter(m -> m.image().equals(image))
        .map(MapLine::pool)
        .distinct()
        .toList();
  }

  private List<MountLine> mountsOf(String pool, String image) {
    return mounts.stream().filter(m -> m.mounts(pool, image)).toList();
  }

  private static @Nullable Path onlyMountpoint(List<MountLine> lines) {
    List<Path> paths = lines.stream().map(MountLine::mountpoint).distinct().toList();
    return paths.size() == 1 ? paths.getFirst() : null;
  }

  /** The root directory is nobody's local_dir: /home is a person's line. */
  private boolean isInLocalDir(Path mountpoint) {
    Path parent = mountpoint.getParent();
    Path localDir = defaults.localDir();
    if (parent == null || parent.getNameCount() == 0) {
      return false;
    }
    return localDir == null || parent.equals(localDir.normalize());
  }

  private void skip(MapLine line, String why) {
    done.add(line);
    skipped.add(new Skipped("line %d of %s".formatted(line.number(), rbdmap), why));
  }

  private void skip(MountLine line, String why) {
    done.add(line);
    skipped.add(new Skipped("line %d of %s".formatted(line.number(), fstab), why));
  }
}
