package io.doceph.volume;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import org.jspecify.annotations.Nullable;

/** Owner and mode of a fresh volume's root. */
final class RootDirectory {
  private RootDirectory() {}

  /** Sets what the volume asked for. */
  static void prepare(Path directory, VolumeSpec.Root root) {
    try {
      own(directory, "unix:uid", root.uid());
      own(directory, "unix:gid", root.gid());
      PosixFileAttributeView view =
          Files.getFileAttributeView(
              directory, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
      if (root.mode() != null) {
        view.setPermissions(root.mode().permissions());
      }
    } catch (IOException e) {
      throw Failures.ofFile("cannot set owner and mode of the volume's root " + directory, e);
    }
  }

  /** Whether a fresh volume's root is not as it should be right after mkfs. */
  static boolean needsPreparing(VolumeSpec spec) {
    return !spec.root().equals(VolumeSpec.Root.UNCHANGED);
  }

  private static void own(Path directory, String attribute, @Nullable Integer id)
      throws IOException {
    if (id != null) {
      Files.setAttribute(directory, attribute, id);
    }
  }
}
