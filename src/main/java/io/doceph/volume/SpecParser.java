package io.doceph.volume;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.config.ByteSize;
import io.doceph.config.FileMode;
import io.doceph.host.Filesystem;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Turns a name and options into a {@link VolumeSpec}, with one sentence for each thing that can be
 * wrong. Values may be strings, numbers or booleans: Docker sends strings, the first doceph's users
 * numbers.
 */
public final class SpecParser {
  private static final Set<String> COMMON =
      Set.of("backend", "size", "mode", "uid", "gid", VolumeSpec.PROTECTED);
  private static final Set<String> BLOCK = Set.of("fs", "mkfs", "mount", "context");
  private static final Pattern CONTEXT = Pattern.compile("[A-Za-z0-9_:.,-]{1,256}");

  private final Map<String, VolumeBackend> backends;
  private final String defaultBackend;
  private final ByteSize defaultSize;
  private final Filesystem defaultFilesystem;

  /** A parser with the configured defaults and the enabled backends by name. */
  public SpecParser(
      Map<String, VolumeBackend> backends,
      String defaultBackend,
      ByteSize defaultSize,
      Filesystem defaultFilesystem) {
    this.backends = backends;
    this.defaultBackend = defaultBackend;
    this.defaultSize = defaultSize;
    this.defaultFilesystem = defaultFilesystem;
  }

  /**
   * Reads the options of a new volume, with defaults for what is not given.
   *
   * @throws VolumeError {@code INVALID} with the sentence for the user
   */
  public VolumeSpec parse(VolumeName name, @Nullable ObjectNode given) {
    ObjectNode options = given == null ? JsonNodeFactory.instance.objectNode() : given.deepCopy();
    VolumeBackend backend = backend(text(options, "backend"));
    refuseUnknown(options, backend);
    flag(options, VolumeSpec.PROTECTED);
    backend.complete(options);
    VolumeSpec spec =
        backend.isBlock() ? block(name, backend, options) : directory(name, backend, options);
    backend.check(spec);
    return spec;
  }

  /** The size in an option or argument; a bare number is GiB. */
  public static ByteSize size(String text) {
    ByteSize size;
    try {
      size = ByteSize.parse(text, ByteSize.GIB);
    } catch (IllegalArgumentException e) {
      throw new VolumeError(
          VolumeError.Code.INVALID,
          "'"
              + Text.shown(text)
              + "' is not a size; give a number of GiB or a number with a unit, such as 10, 512M or 1.5T");
    }
    if (size.bytes() == 0) {
      throw new VolumeError(VolumeError.Code.INVALID, "a volume's size must be more than zero");
    }
    return size;
  }

  /**
   * Reads a yes-or-no option; one that says no is taken away.
   *
   * @param options changed in place
   */
  public static void flag(ObjectNode options, String key) {
    String value = text(options, key);
    if (value == null) {
      return;
    }
    switch (value) {
      case "true", "yes", "1" -> options.put(key, true);
      case "false", "no", "0" -> options.remove(key);
      default ->
          throw new VolumeError(
              VolumeError.Code.INVALID,
              key + " must be true or false, and '" + Text.shown(value) + "' is neither");
    }
  }

  /** Shows a size as the first doceph did: whole GiB as a number, anything else with its unit. */
  static void putSize(ObjectNode options, ByteSize size) {
    if (size.bytes() % ByteSize.GIB == 0) {
      options.put("size", size.bytes() / ByteSize.GIB);
    } else {
      options.put("size", size.toString());
    }
  }

  private VolumeBackend backend(@Nullable String asked) {
    String name = asked == null ? defaultBackend : asked;
    VolumeBackend backend = backends.get(name);
    if (backend == null) {
      throw new VolumeError(
          VolumeError.Code.INVALID,
          "there is no backend '"
              + Text.shown(name)
              + "' here; enabled: "
              + String.join(", ", new TreeSet<>(backends.keySet())));
    }
    return backend;
  }

  private static void refuseUnknown(ObjectNode options, VolumeBackend backend) {
    Set<String> known = new TreeSet<>(COMMON);
    if (backend.isBlock()) {
      known.addAll(BLOCK);
    }
    known.addAll(backend.ownOptions());
    options
        .fieldNames()
        .forEachRemaining(
            option -> {
              if (!known.contains(option)) {
                throw new VolumeError(
                    VolumeError.Code.INVALID,
                    "the option '"
                        + Text.shown(option)
                        + "' is not known to the backend "
                        + backend.name()
                        + "; known: "
                        + String.join(", ", known));
              }
            });
  }

  private static VolumeSpec directory(VolumeName name, VolumeBackend backend, ObjectNode options) {
    String size = text(options, "size");
    return new VolumeSpec(
        name,
        backend.name(),
        size == null ? null : size(size),
        null,
        List.of(),
        List.of(),
        root(options),
        null,
        options);
  }

  private VolumeSpec block(VolumeName name, VolumeBackend backend, ObjectNode options) {
    String sizeText = text(options, "size");
    ByteSize size = sizeText == null ? defaultSize : size(sizeText);
    String fs = text(options, "fs");
    Filesystem filesystem = fs == null ? defaultFilesystem : filesystem(fs);
    String mkfs = text(options, "mkfs");
    String mount = text(options, "mount");
    String context = context(options);
    if (size.bytes() < filesystem.minimumBytes()) {
      throw new VolumeError(
          VolumeError.Code.INVALID,
          "a volume with "
              + filesystem.wireName()
              + " needs at least "
              + new ByteSize(filesystem.minimumBytes())
              + ", and "
              + size
              + " was asked for; give a larger size or another fs");
    }
    if (sizeText == null) {
      putSize(options, size);
    }
    options.put("fs", filesystem.wireName());
    return new VolumeSpec(
        name,
        backend.name(),
        size,
        filesystem,
        mkfs == null ? List.of() : MkfsOptions.parse(mkfs, filesystem),
        mount == null ? List.of() : MountOptions.parse(mount, filesystem),
        root(options),
        context,
        options);
  }

  static @Nullable String context(ObjectNode options) {
    String context = text(options, "context");
    if (context != null && !CONTEXT.matcher(context).matches()) {
      throw new VolumeError(
          VolumeError.Code.INVALID,
          "'"
              + Text.shown(context)
              + "' is not an SELinux context, such as system_u:object_r:container_file_t:s0");
    }
    return context;
  }

  private static Filesystem filesystem(String text) {
    try {
      return Filesystem.parse(text);
    } catch (IllegalArgumentException e) {
      throw new VolumeError(
          VolumeError.Code.INVALID,
          "'" + Text.shown(text) + "' is not a filesystem that doceph makes: xfs, ext4 or btrfs");
    }
  }

  private static VolumeSpec.Root root(ObjectNode options) {
    String mode = text(options, "mode");
    FileMode parsed = null;
    if (mode != null) {
      try {
        parsed = FileMode.parse(mode);
      } catch (IllegalArgumentException e) {
        throw new VolumeError(VolumeError.Code.INVALID, "mode: " + e.getMessage());
      }
    }
    return new VolumeSpec.Root(parsed, number(options, "uid"), number(options, "gid"));
  }

  private static @Nullable Integer number(ObjectNode options, String key) {
    String value = text(options, key);
    if (value == null) {
      return null;
    }
    if (!value.matches("\\d{1,9}")) {
      throw new VolumeError(
          VolumeError.Code.INVALID,
          key + " must be a number such as 999, and '" + Text.shown(value) + "' is none");
    }
    return Integer.valueOf(value);
  }

  /** An option as text; null when it is not given. */
  public static @Nullable String text(ObjectNode options, String key) {
    JsonNode value = options.get(key);
    if (value == null || value.isNull()) {
      return null;
    }
    if (!value.isValueNode()) {
      throw new VolumeError(
          VolumeError.Code.INVALID,
          "the option '" + key + "' must be a text or a number, not a list or an object");
    }
    return value.asText().strip();
  }
}
