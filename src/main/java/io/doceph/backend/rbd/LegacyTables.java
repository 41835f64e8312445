package io.doceph.backend.rbd;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Lines of rbdmap and fstab as the original doceph wrote them. What is no such line, or has a
 * marker of ours before it, is none. Of rbdmap nothing but image and user is ever kept: there may
 * be keys.
 */
final class LegacyTables {
  private static final Pattern IMAGE = Pattern.compile("(?:(?<pool>[^/@]+)/)?(?<image>[^/@]+)");
  private static final Pattern DEVICE =
      Pattern.compile("/dev/rbd(?:\\d+|/(?<pool>[^/@]+)/(?<image>[^/@]+))");
  private static final Pattern OCTAL = Pattern.compile("\\\\([0-3][0-7]{2})");
  private static final Pattern PARAMETERS = Pattern.compile("[ \t,]+");

  /** What rbd, and so the rbdmap script, takes for the pool when none is named. */
  private static final String POOL_OF_RBD = "rbd";

  private LegacyTables() {}

  /**
   * A line that maps an image.
   *
   * @param number the line's number, from 1
   * @param user null when the line names none that can be used
   * @param hasKey whether the line holds a key instead of a keyring's path
   */
  record MapLine(int number, String pool, String image, @Nullable String user, boolean hasKey) {
    boolean isOf(String pool, String image) {
      return this.pool.equals(pool) && this.image.equals(image);
    }
  }

  /**
   * A line that mounts an image's device.
   *
   * @param number the line's number, from 1
   * @param pool null when the device is a numbered one, {@code /dev/rbd0}: it tells no image
   * @param image as the pool
   */
  record MountLine(
      int number,
      @Nullable String pool,
      @Nullable String image,
      Path mountpoint,
      String filesystem) {

    /** Whether it mounts the image, or a numbered device, on a directory of the image's name. */
    boolean mounts(String pool, String image) {
      return Objects.toString(mountpoint.getFileName(), "").equals(image)
          && (this.pool == null || (this.pool.equals(pool) && image.equals(this.image)));
    }

    boolean isNumbered() {
      return pool == null;
    }
  }

  static List<MapLine> maps(String rbdmap) {
    List<String> lines = TableText.lines(rbdmap);
    List<MapLine> result = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      MapLine line = map(lines, i);
      if (line != null) {
        result.add(line);
      }
    }
    return result;
  }

  static List<MountLine> mounts(String fstab) {
    List<String> lines = TableText.lines(fstab);
    List<MountLine> result = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      MountLine line = mount(lines, i);
      if (line != null) {
        result.add(line);
      }
    }
    return result;
  }

  /** The line of rbdmap, if it is one of the original's kind. */
  static @Nullable MapLine map(List<String> lines, int index) {
    List<String> fields = TableText.fields(lines.get(index));
    if (fields.isEmpty() || TableText.isMarked(lines, index)) {
      return null;
    }
    Matcher image = IMAGE.matcher(fields.getFirst());
    if (!image.matches()) {
      return null;
    }
    String pool = Objects.requireNonNullElse(image.group("pool"), POOL_OF_RBD);
    String name = image.group("image");
    if (!TableText.isPlain(pool) || !TableText.isPlain(name)) {
      return null;
    }
    String user = null;
    boolean hasKey = false;
    for (String field : fields.subList(1, fields.size())) {
      for (String parameter : PARAMETERS.split(field, -1)) {
        hasKey |= parameter.startsWith("secret=") || parameter.startsWith("key=");
        user = user(parameter) == null ? user : user(parameter);
      }
    }
    return new MapLine(index + 1, pool, name, user, hasKey);
  }

  private static @Nullable String user(String parameter) {
    for (String key : List.of("id=", "user=", "name=client.")) {
      String value = parameter.startsWith(key) ? parameter.substring(key.length()) : "";
      if (TableText.isPlain(value)) {
        return value;
      }
    }
    return null;
  }

  /** The line of fstab, if it is one of the original's kind. */
  static @Nullable MountLine mount(List<String> lines, int index) {
    List<String> fields = TableText.fields(lines.get(index));
    if (fields.size() < 3 || TableText.isMarked(lines, index)) {
      return null;
    }
    Matcher device = DEVICE.matcher(fields.getFirst());
    String mountpoint = path(fields.get(1));
    if (!device.matches() || !mountpoint.startsWith("/") || mountpoint.indexOf('\0') >= 0) {
      return null;
    }
    return new MountLine(
        index + 1,
        device.group("pool"),
        device.group("image"),
        Path.of(mountpoint).normalize(),
        fields.get(2));
  }

  private static String path(String field) {
    String bytes =
        OCTAL
            .matcher(field)
            .replaceAll(
                code ->
                    Matcher.quoteReplacement(
                        String.valueOf((char) Integer.parseInt(code.group(1), 8))));
    return new String(bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
  }
}
