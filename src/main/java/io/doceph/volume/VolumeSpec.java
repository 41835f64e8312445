package io.doceph.volume;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.config.ByteSize;
import io.doceph.config.FileMode;
import io.doceph.host.Filesystem;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a volume is to be: the outcome of its options and of the defaults.
 *
 * @param name the volume's name
 * @param backend the backend's name
 * @param size the size; null when the backend enforces none and none was given
 * @param filesystem the filesystem on a block volume; null for a directory
 * @param mkfs extra arguments for mkfs
 * @param mountOptions mount options of a block volume
 * @param root owner and mode of the volume's root directory
 * @param context the SELinux mount context of a block volume, or null
 * @param options the options as they are shown: as given, plus the defaults that apply
 */
public record VolumeSpec(
    VolumeName name,
    String backend,
    @Nullable ByteSize size,
    @Nullable Filesystem filesystem,
    List<String> mkfs,
    List<String> mountOptions,
    Root root,
    @Nullable String context,
    ObjectNode options) {
  /** The option that protects a volume from being removed. */
  public static final String PROTECTED = "protected";

  /** The option of a volume that is only read. */
  public static final String READ_ONLY = "ro";

  public VolumeSpec {
    mkfs = List.copyOf(mkfs);
    mountOptions = List.copyOf(mountOptions);
  }

  /**
   * Owner and mode of a volume's root directory; null leaves a part as it is.
   *
   * @param mode permission bits
   * @param uid numeric user
   * @param gid numeric group
   */
  public record Root(@Nullable FileMode mode, @Nullable Integer uid, @Nullable Integer gid) {
    /** Nothing to change. */
    public static final Root UNCHANGED = new Root(null, null, null);
  }

  /**
   * What an image that somebody else made is taken to be.
   *
   * @param given the options, checked by the backend
   */
  public static VolumeSpec adopted(
      VolumeName name, String backend, ByteSize size, Filesystem filesystem, ObjectNode given) {
    ObjectNode shown = given.deepCopy();
    SpecParser.flag(shown, PROTECTED);
    SpecParser.putSize(shown, size);
    shown.put("fs", filesystem.wireName());
    String mount = SpecParser.text(shown, "mount");
    return new VolumeSpec(
        name,
        backend,
        size,
        filesystem,
        List.of(),
        mount == null ? List.of() : MountOptions.parse(mount, filesystem),
        Root.UNCHANGED,
        SpecParser.context(shown),
        shown);
  }

  /** The size of a block volume, in bytes. */
  public long sizeBytes() {
    return size == null ? 0 : size.bytes();
  }

  /** The name of the filesystem, as in options; null for a directory. */
  public @Nullable String filesystemName() {
    return filesystem == null ? null : filesystem.wireName();
  }

  /** The filesystem of a block volume. */
  public Filesystem blockFilesystem() {
    if (filesystem == null) {
      throw new IllegalStateException("volume " + name + " is a directory and has no filesystem");
    }
    return filesystem;
  }

  /** Whether a yes-or-no option is set. */
  public boolean isSet(String option) {
    return options.path(option).asBoolean(false);
  }

  /** The same volume with a yes-or-no option set or taken away. */
  public VolumeSpec withFlag(String option, boolean set) {
    ObjectNode changed = options.deepCopy();
    if (set) {
      changed.put(option, true);
    } else {
      changed.remove(option);
    }
    return new VolumeSpec(
        name, backend, size, filesystem, mkfs, mountOptions, root, context, changed);
  }

  /** Whether removing the volume is refused until somebody takes the protection away. */
  public boolean isProtected() {
    return isSet(PROTECTED);
  }

  /** Whether the volume is only read, and may be mounted on many hosts. */
  public boolean isReadOnly() {
    return isSet(READ_ONLY);
  }

  /** The same volume under another name. */
  public VolumeSpec named(VolumeName other) {
    return new VolumeSpec(
        other, backend, size, filesystem, mkfs, mountOptions, root, context, options);
  }

  /** The same volume with another size. */
  public VolumeSpec withSize(ByteSize newSize) {
    ObjectNode shown = options.deepCopy();
    SpecParser.putSize(shown, newSize);
    return new VolumeSpec(
        name, backend, newSize, filesystem, mkfs, mountOptions, root, context, shown);
  }
}
