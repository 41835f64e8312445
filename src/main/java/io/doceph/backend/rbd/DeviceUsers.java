package io.doceph.backend.rbd;

import io.doceph.host.MountTable;
import io.doceph.volume.VolumeError;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Who keeps a device from being unmapped: processes that have it open, and mount namespaces. */
final class DeviceUsers {
  private static final int MOST = 5;

  private DeviceUsers() {}

  /** The failure of an unmap, with who is in the way as far as that can be seen. */
  static VolumeError explain(String what, Path device, VolumeError cause) {
    List<String> users = new ArrayList<>(opened(device));
    MountTable.self().stream()
        .filter(e -> e.isOn(device))
        .forEach(e -> users.add("a mount at " + e.mountPoint()));
    MountTable.elsewhere(e -> e.isOn(device)).stream()
        .limit(MOST)
        .forEach(
            f -> users.add("the mount namespace of process " + f.pid() + " (" + f.command() + ")"));
    String who =
        users.isEmpty()
            ? "the device " + device + " is busy, and no process of this host shows why"
            : "the device " + device + " is in use by " + String.join(", ", users);
    return new VolumeError(
        VolumeError.Code.IN_USE,
        what + ": " + who + "; end that, then try again",
        cause.getCause());
  }

  private static List<String> opened(Path device) {
    List<String> users = new ArrayList<>();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : processes) {
        if (users.size() < MOST && hasOpen(process, device)) {
          users.add("process " + process.getFileName() + " (" + command(process) + ")");
        }
      }
    } catch (IOException e) {
      return users;
    }
    return users;
  }

  private static boolean hasOpen(Path process, Path device) {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(process.resolve("fd"))) {
      for (Path file : files) {
        if (Files.readSymbolicLink(file).equals(device)) {
          return true;
        }
      }
    } catch (IOException e) {
      return false; // it has ended
    }
    return false;
  }

  private static String command(Path process) {
    try {
      return Files.readString(process.resolve("comm")).strip();
    } catch (IOException e) {
      return "ended";
    }
  }
}
