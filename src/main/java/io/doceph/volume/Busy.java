package io.doceph.volume;

import io.doceph.host.process.CommandFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Names the processes that keep a mountpoint from being unmounted. */
final class Busy {
  private static final int MOST = 5;

  private Busy() {}

  /** The failure of an unmount, with who is in the way when that can be seen. */
  static VolumeError explain(VolumeName volume, Path mountpoint, CommandFailure failure) {
    if (failure.kind() != CommandFailure.Kind.EXIT) {
      return Failures.ofCommand(failure);
    }
    List<String> users = users(mountpoint);
    String who =
        users.isEmpty()
            ? ""
            : "; in use by " + String.join(", ", users) + ": stop that, then try again";
    return new VolumeError(
        VolumeError.Code.IN_USE,
        "volume " + volume + " cannot be unmounted: " + failure.getMessage() + who,
        failure);
  }

  private static List<String> users(Path mountpoint) {
    List<String> users = new ArrayList<>();
    try (var processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : processes) {
        if (users.size() < MOST && uses(process, mountpoint)) {
          users.add("process " + process.getFileName() + " (" + command(process) + ")");
        }
      }
    } catch (IOException e) {
      return users;
    }
    return users;
  }

  private static boolean uses(Path process, Path mountpoint) {
    if (pointsInto(process.resolve("cwd"), mountpoint)
        || pointsInto(process.resolve("root"), mountpoint)) {
      return true;
    }
    try (var files = Files.newDirectoryStream(process.resolve("fd"))) {
      for (Path file : files) {
        if (pointsInto(file, mountpoint)) {
          return true;
        }
      }
    } catch (IOException e) {
      return false; // it has ended
    }
    return false;
  }

  private static boolean pointsInto(Path link, Path mountpoint) {
    try {
      return Files.readSymbolicLink(link).startsWith(mountpoint);
    } catch (IOException e) {
      return false;
    }
  }

  private static String command(Path process) {
    try {
      return Files.readString(process.resolve("comm")).strip();
    } catch (IOException e) {
      return "ended";
    }
  }
}
