package io.doceph.backend.rbd;

import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeName;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * The host's tables, {@code /etc/ceph/rbdmap} and {@code /etc/fstab}, as the original doceph kept
 * them: one line a volume in each, for people and for scripts; doceph itself never reads them. Each
 * line has a marker, a comment of its own directly before it, for the rbdmap script hands whatever
 * stands on the line to rbd. Lines that doceph did not make are never changed.
 */
final class HostTables {
  /** What the rbdmap script, a shell, splits, expands or takes for the next option is left out. */
  private static final Pattern KEYRING = Pattern.compile("/[A-Za-z0-9._/+:@-]+");

  private final TableFile rbdmap;
  private final TableFile fstab;

  HostTables(Path rbdmap, Path fstab) {
    this.rbdmap = new TableFile(rbdmap, "rw-------");
    this.fstab = new TableFile(fstab, "rw-r--r--");
  }

  /**
   * What the tables say of a volume.
   *
   * @param namespace the namespace in the pool; empty for none
   * @param user the user of Ceph's, without {@code client.}
   * @param keyring the file with that user's key; the key itself is never written
   */
  record Entry(
      VolumeName volume,
      String pool,
      String namespace,
      String image,
      String user,
      Path keyring,
      String filesystem,
      Path mountpoint) {
    Entry {
      requirePlain("pool", pool);
      if (!namespace.isEmpty()) {
        requirePlain("namespace", namespace);
      }
      requirePlain("image", image);
      requirePlain("user", user);
      requirePlain("filesystem", filesystem);
      if (!KEYRING.matcher(keyring.toString()).matches()) {
        throw new VolumeError(
            VolumeError.Code.INVALID,
            "the keyring's path '%s' cannot be written into rbdmap: use an absolute path of the characters A-Z a-z 0-9 . _ / + : @ - as in /etc/ceph/ceph.client.docker.keyring"
                .formatted(shown(keyring.toString())));
      }
      if (!mountpoint.isAbsolute()) {
        throw new VolumeError(
            VolumeError.Code.INVALID,
            "the mountpoint '%s' cannot be written into fstab: use an absolute path, as in /var/lib/doceph/mounts/db1"
                .formatted(shown(mountpoint.toString())));
      }
    }

    private static void requirePlain(String what, String value) {
      if (!TableText.isPlain(value)) {
        throw new VolumeError(
            VolumeError.Code.INVALID,
            "the %s '%s' cannot be written into rbdmap and fstab: use the characters A-Z a-z 0-9 . _ : + - as in volume-1, or turn doceph.rbd.host-tables off"
                .formatted(what, shown(value)));
      }
    }

    private static String shown(String value) {
      return value.replaceAll("\\p{Cntrl}", "?");
    }
  }

  /** Writes a volume's lines, in place of those that are there. Again: nothing is written. */
  void put(Entry entry) {
    String spec = spec(entry.pool(), entry.namespace(), entry.image());
    String map = "%s id=%s,keyring=%s".formatted(spec, entry.user(), entry.keyring());
    String mount =
        "%s %s %s noauto,nofail,_netdev 0 0"
            .formatted(device(spec), escaped(entry.mountpoint()), entry.filesystem());
    rbdmap.edit(text -> new MarkedEntry(entry.volume(), spec).put(text, map));
    fstab.edit(text -> new MarkedEntry(entry.volume(), device(spec)).put(text, mount));
  }

  /** Takes a volume's lines out. When there are none, or no files: nothing is written. */
  void remove(VolumeName volume, String pool, String namespace, String image) {
    String spec = spec(pool, namespace, image);
    fstab.edit(new MarkedEntry(volume, device(spec))::remove);
    rbdmap.edit(new MarkedEntry(volume, spec)::remove);
  }

  private static String spec(String pool, String namespace, String image) {
    return pool + "/" + (namespace.isEmpty() ? "" : namespace + "/") + image;
  }

  private static String device(String spec) {
    return "/dev/rbd/" + spec;
  }

  /** A path as a field of fstab, one character a byte. */
  private static String escaped(Path path) {
    StringBuilder field = new StringBuilder();
    for (byte b : path.toString().getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      if (c <= ' ' || c == '\\' || c == 0x7f) {
        field.append("\\%03o".formatted((int) c));
      } else {
        field.append(c);
      }
    }
    return field.toString();
  }
}
