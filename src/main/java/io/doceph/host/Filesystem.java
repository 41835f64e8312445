package io.doceph.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The file systems that a volume can have. */
public enum Filesystem {
  /** The default. */
  XFS(300L << 20),
  /** For small volumes. */
  EXT4(4L << 20),
  /** With checksums of its data. */
  BTRFS(128L << 20);

  private static final int EXT_MAGIC_AT = 1024 + 0x38;
  private static final short EXT_MAGIC = (short) 0xEF53;
  private static final int EXT_INCOMPATIBLE_AT = 1024 + 0x60;

  /** Not a file system, but the journal of another one. */
  private static final int EXT_JOURNAL_DEVICE = 0x8;

  private static final byte[] XFS_MAGIC = "XFSB".getBytes(StandardCharsets.US_ASCII);
  private static final int BTRFS_MAGIC_AT = 0x10000 + 0x40;
  private static final byte[] BTRFS_MAGIC = "_BHRfS_M".getBytes(StandardCharsets.US_ASCII);

  private final long minimumBytes;

  Filesystem(long minimumBytes) {
    this.minimumBytes = minimumBytes;
  }

  /**
   * The name in options, in the mount table and in messages: {@code xfs}, {@code ext4}, {@code
   * btrfs}.
   */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The smallest size of a volume, in bytes. mkfs.xfs refuses less than 300 MiB, mkfs.btrfs less
   * than 109 MiB (that of other versions a little more); ext4 has no journal below 2 MiB.
   */
  public long minimumBytes() {
    return minimumBytes;
  }

  /** The programs that it needs: to make it, to grow it, and to check it. */
  public List<String> tools() {
    return switch (this) {
      case XFS -> List.of("mkfs.xfs", "xfs_growfs");
      case EXT4 -> List.of("mkfs.ext4", "debugfs", "resize2fs", "e2fsck");
      case BTRFS -> List.of("mkfs.btrfs", "btrfs");
    };
  }

  /**
   * The file system of this name.
   *
   * @throws IllegalArgumentException when there is none; its message lists those there are
   */
  public static Filesystem parse(String name) {
    return Arrays.stream(values())
        .filter(each -> each.wireName().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "the file system is one of xfs, ext4, btrfs, not '%s'".formatted(name)));
  }

  /**
   * What a device holds, by its magic bytes; empty when none of these. Reads the device itself, in
   * this process: a device that hangs, such as one of a dead cluster, hangs the caller. {@link
   * Filesystems#probe} does not.
   */
  public static Optional<Filesystem> recognise(Path device) {
    byte[] bytes = new byte[BTRFS_MAGIC_AT + BTRFS_MAGIC.length];
    ByteBuffer start = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    try (FileChannel channel = FileChannel.open(device, StandardOpenOption.READ)) {
      while (start.hasRemaining() && channel.read(start) >= 0) {}
    } catch (IOException e) {
      throw new HostException("%s cannot be read: %s".formatted(device, e), e);
    }
    // What was not read is zero.
    if (holds(bytes, 0, XFS_MAGIC)) {
      return Optional.of(XFS);
    }
    if (holds(bytes, BTRFS_MAGIC_AT, BTRFS_MAGIC)) {
      return Optional.of(BTRFS);
    }
    boolean ext =
        start.getShort(EXT_MAGIC_AT) == EXT_MAGIC
            && (start.getInt(EXT_INCOMPATIBLE_AT) & EXT_JOURNAL_DEVICE) == 0;
    return ext ? Optional.of(EXT4) : Optional.empty();
  }

  private static boolean holds(byte[] bytes, int at, byte[] magic) {
    return Arrays.equals(bytes, at, at + magic.length, magic, 0, magic.length);
  }
}
