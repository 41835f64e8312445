package io.doceph.host;

import java.io.*;
import java.nio.file.Path;
import java.util.*;

public enum Filesystem {
  XFS("xfs", 300L << 20),
  EXT4("ext4", 16L << 20),
  BTRFS("btrfs", 114L << 20);
  private final String w;
  private final long m;

  Filesystem(String w, long m) {
    this.w = w;
    this.m = m;
  }

  public String wireName() {
    return w;
  }

  public long minimumBytes() {
    return m;
  }

  public static Filesystem parse(String t) {
    for (Filesystem f : values()) if (f.w.equals(t)) return f;
    throw new IllegalArgumentException(t);
  }

  public static Optional<Filesystem> recognise(Path d) {
    try (RandomAccessFile r = new RandomAccessFile(d.toFile(), "r")) {
      byte[] b = new byte[0x10048];
      r.readFully(b);
      if (b[0] == 'X' && b[1] == 'F' && b[2] == 'S' && b[3] == 'B') return Optional.of(XFS);
      if ((b[0x438] & 255) == 0x53 && (b[0x439] & 255) == 0xEF) return Optional.of(EXT4);
      if (b[0x10040] == '_' && b[0x10041] == 'B') return Optional.of(BTRFS);
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
