package io.doceph.backend.rbd;

import io.doceph.backend.rbd.LegacyTables.MapLine;
import io.doceph.backend.rbd.LegacyTables.MountLine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * What the original doceph left on the host: its metadata folder and its lines in rbdmap and fstab.
 * Reading changes nothing; the data, the images and the metadata folder are never touched here.
 */
final class LegacyVolumes {
  private final Path metadata;
  private final TableFile rbdmap;
  private final TableFile fstab;
  private final Defaults defaults;

  LegacyVolumes(Path metadata, Path rbdmap, Path fstab, Defaults defaults) {
    this.metadata = metadata;
    this.rbdmap = new TableFile(rbdmap, "rw-------");
    this.fstab = new TableFile(fstab, "rw-r--r--");
    this.defaults = defaults;
  }

  /**
   * What holds for a volume when nothing says otherwise.
   *
   * @param localDir the original's local_dir, if known: volumes that only the tables tell of must
   *     have been mounted in it
   */
  record Defaults(String pool, String user, @Nullable Path localDir) {}

  /**
   * Something that is no volume to take over.
   *
   * @param what the file, or the line
   * @param why a sentence without its full stop
   */
  record Skipped(String what, String why) {}

  /** All that was found. */
  record Found(List<LegacyVolume> volumes, List<Skipped> skipped) {
    Found {
      volumes = List.copyOf(volumes);
      skipped = List.copyOf(skipped);
    }
  }

  /** Reads folder and tables, each of which may be missing. */
  Found read() {
    LegacyMetadata described = LegacyMetadata.read(metadata);
    return new LegacySearch(
            defaults,
            LegacyTables.maps(rbdmap.read()),
            LegacyTables.mounts(fstab.read()),
            rbdmap.path(),
            fstab.path())
        .search(described);
  }

  /**
   * Takes the original's lines of one volume out of rbdmap and fstab: the line that maps its image,
   * and the line that mounts its image, or a numbered device on its mountpoint. A line of doceph's
   * own or of another volume is never among them. Before the first change a copy of each file is
   * kept as {@code FILE.before-doceph}.
   *
   * @return the tables that were changed
   */
  List<Path> removeLines(LegacyVolume volume) {
    List<Path> changed = new ArrayList<>();
    if (fstab.editWithCopy(text -> without(text, (lines, i) -> isMountOf(volume, lines, i)))) {
      changed.add(fstab.path());
    }
    if (rbdmap.editWithCopy(text -> without(text, (lines, i) -> isMapOf(volume, lines, i)))) {
      changed.add(rbdmap.path());
    }
    return changed;
  }

  private static boolean isMapOf(LegacyVolume volume, List<String> lines, int index) {
    MapLine line = LegacyTables.map(lines, index);
    return line != null && line.isOf(volume.pool(), volume.name().value());
  }

  private static boolean isMountOf(LegacyVolume volume, List<String> lines, int index) {
    MountLine line = LegacyTables.mount(lines, index);
    if (line == null || !line.mounts(volume.pool(), volume.name().value())) {
      return false;
    }
    // A numbered device may be anybody's: the whole path has to be the volume's.
    return !line.isNumbered() || line.mountpoint().equals(volume.mountpoint());
  }

  private static String without(String text, BiPredicate<List<String>, Integer> leave) {
    List<String> lines = TableText.lines(text);
    StringBuilder kept = new StringBuilder();
    for (int i = 0; i < lines.size(); i++) {
      if (!leave.test(lines, i)) {
        kept.append(lines.get(i));
      }
    }
    return kept.toString();
  }
}
