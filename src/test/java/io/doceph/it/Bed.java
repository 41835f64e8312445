package io.doceph.it;

import io.doceph.rig.CephRig;
import io.doceph.rig.Command;
import io.doceph.rig.DocephDaemon;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A directory that daemons keep everything in, and the machine around it. Closing it takes away
 * whatever they left, mounts and loop devices included.
 */
final class Bed implements AutoCloseable {
  /** More than anything may take that happens by itself. */
  static final Duration SOON = Duration.ofSeconds(30);

  private final Path directory;
  private final List<DocephDaemon> daemons = new ArrayList<>();
  private boolean isCephHost;

  private Bed(Path directory) {
    this.directory = directory;
  }

  static Bed make() {
    try {
      Path directory = Files.createTempDirectory("doceph");
      Files.createDirectories(directory.resolve("state"));
      return new Bed(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }

  /** A path below the directory. */
  Path path(String relative) {
    return directory.resolve(relative);
  }

  Path socket() {
    return path("doceph.sock");
  }

  /** The settings that every daemon here has, with these changed: pairs of variable and value. */
  Map<String, String> settings(String... changes) {
    Map<String, String> all = new HashMap<>();
    all.put("DOCEPH_BACKEND", "vfs");
    all.put("DOCEPH_BACKENDS", "vfs,loop");
    all.put("DOCEPH_VFS_PATH", path("vfs").toString());
    all.put("DOCEPH_LOOP_PATH", path("loop").toString());
    all.put("DOCEPH_SOCKET", socket().toString());
    all.put("DOCEPH_RUN_DIR", path("run").toString());
    all.put("DOCEPH_STATE_DIR", path("state").toString());
    all.put("DOCEPH_MOUNT_ROOT", path("mnt").toString());
    all.put("DOCEPH_DEFAULT_SIZE", "16MiB");
    all.put("DOCEPH_FILESYSTEM", "ext4");
    all.put("DOCEPH_MANAGEMENT", "off");
    all.put("DOCEPH_REFRESH_INTERVAL", "200ms");
    for (int i = 0; i < changes.length; i += 2) {
      all.put(changes[i], changes[i + 1]);
    }
    return all;
  }

  /** Settings as pairs of variable and value. */
  static String[] changes(Map<String, String> settings) {
    return settings.entrySet().stream()
        .flatMap(setting -> Stream.of(setting.getKey(), setting.getValue()))
        .toArray(String[]::new);
  }

  /**
   * Settings of a daemon whose volumes are on the shared cluster, as the host "cut" of this bed. A
   * removed volume is deleted at once, so that what is left over can be told from it.
   */
  String[] onCeph(String... changes) {
    CephRig ceph = CephRig.shared();
    Path rbd = ceph.shim(path("host"));
    isCephHost = true;
    List<String> all = new ArrayList<>();
    all.addAll(List.of("DOCEPH_BACKEND", "rbd", "DOCEPH_BACKENDS", "rbd"));
    all.addAll(List.of("DOCEPH_RBD_CONF", ceph.conf().toString()));
    all.addAll(List.of("DOCEPH_TOOLS_RBD", rbd.toString()));
    all.addAll(List.of("DOCEPH_RBD_REMOVE", "delete", "DOCEPH_HOST_NAME", "cut"));
    all.addAll(List.of(changes));
    return all.toArray(String[]::new);
  }

  /** A daemon that is not started. */
  DocephDaemon daemon(String... changes) {
    DocephDaemon daemon = new DocephDaemon(List.of(), directory, settings(changes));
    daemons.add(daemon);
    return daemon;
  }

  /**
   * A daemon that is not started and finds its socket listening on its standard input, as from
   * systemd.
   *
   * @param secondsLate how long after the socket it comes
   */
  DocephDaemon activated(int secondsLate) {
    String listen =
        "my $l = IO::Socket::UNIX->new(Local => shift, Listen => 64) or die $!;"
            + " open(STDIN, '<&', $l) or die $!; sleep shift; exec @ARGV or die $!;";
    List<String> prefix =
        List.of(
            "perl",
            "-MIO::Socket::UNIX",
            "-e",
            listen,
            socket().toString(),
            Integer.toString(secondsLate));
    DocephDaemon daemon = new DocephDaemon(prefix, directory, settings());
    daemons.add(daemon);
    return daemon;
  }

  /** A running daemon. */
  DocephDaemon start(String... changes) {
    return daemon(changes).start();
  }

  /** {@code doceph serve} that is expected to end by itself. */
  Command.Result refusedServe(String... changes) {
    return new Command(List.of(DocephDaemon.executable(), "serve"), settings(changes), SOON).run();
  }

  /** Lets a daemon with these changes check its configuration. */
  Command.Result checkedServe(String... changes) {
    return new Command(
            List.of(DocephDaemon.executable(), "serve", "--check"), settings(changes), SOON)
        .run();
  }

  /** A command of the command line, on this bed's socket. */
  Command.Result cli(String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(DocephDaemon.executable());
    command.addAll(Arrays.asList(arguments));
    return new Command(command, Map.of("DOCEPH_SOCKET", socket().toString()), SOON).run();
  }

  /** Where something is mounted below the directory, in this process's mount namespace. */
  List<String> mounts() {
    try {
      return Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
          .map(line -> line.split(" ", -1)[4])
          .filter(point -> point.startsWith(directory + "/"))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The loop devices whose file is, or was, below the directory. */
  List<String> loops() {
    List<String> devices = new ArrayList<>();
    try (Stream<Path> blocks = Files.list(Path.of("/sys/block"))) {
      for (Path block : blocks.toList()) {
        Path file = block.resolve("loop/backing_file");
        if (Files.exists(file) && Files.readString(file).startsWith(directory + "/")) {
          devices.add("/dev/" + block.getFileName());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return devices;
  }

  /** The names of what lies in a directory, sorted; none when it is missing. */
  List<String> names(String relative) {
    try (Stream<Path> files = Files.list(path(relative))) {
      return files.map(file -> String.valueOf(file.getFileName())).sorted().toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  /** Writes an executable script. */
  Path script(String name, String text) {
    try {
      Path file = Files.writeString(path(name), "#!/bin/sh\n" + text + "\n");
      if (!file.toFile().setExecutable(true)) {
        throw new AssertionError("cannot make " + file + " executable");
      }
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What a failed test left in the pool would fail the next one. */
  private static void wipe(CephRig ceph) {
    for (String image : ceph.rbd("ls", "volumes").out().lines().toList()) {
      ceph.rbd("rm", "--no-progress", "volumes/" + image);
    }
    ceph.rados("-p", "volumes", "rm", "doceph.index");
  }

  @Override
  public void close() {
    daemons.forEach(DocephDaemon::close);
    List<String> points = new ArrayList<>(mounts());
    points.sort(Comparator.reverseOrder());
    points.forEach(point -> Command.of("umount", "--", point).run());
    if (isCephHost) {
      CephRig.shared().unmapAll(path("host"));
      wipe(CephRig.shared());
    }
    loops().forEach(device -> Command.of("losetup", "-d", device).run());
    if (isRoot()) {
      Command.of("chattr", "-R", "-f", "-i", "--", path("mnt").toString()).run();
    }
    try (Stream<Path> tree = Files.walk(directory)) {
      for (Path file : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      throw new AssertionError(directory + " could not be removed");
    }
  }
}
