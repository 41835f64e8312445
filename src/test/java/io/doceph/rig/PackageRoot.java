package io.doceph.rig;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * A machine's files to install packages into: this machine's own, with everything that changes kept
 * in memory and gone when it is closed. It has dpkg's knowledge of what is installed, and no
 * systemd runs in it.
 */
final class PackageRoot implements AutoCloseable {
  private final Path changes;
  private final Path path;

  private PackageRoot(Path directory) {
    this.changes = directory.resolve("changes");
    this.path = directory.resolve("root");
  }

  /** Makes one in a directory that is empty. */
  static PackageRoot make(Path directory) {
    var root = new PackageRoot(directory);
    try {
      Files.createDirectories(root.changes);
      Files.createDirectories(root.path);
      run("mount", "-t", "tmpfs", "tmpfs", root.changes.toString());
      Path upper = Files.createDirectory(root.changes.resolve("upper"));
      Path work = Files.createDirectory(root.changes.resolve("work"));
      String layers = "lowerdir=/,upperdir=%s,workdir=%s".formatted(upper, work);
      run("mount", "-t", "overlay", "overlay", "-o", layers, root.path.toString());
      run("mount", "-t", "proc", "proc", root.path.resolve("proc").toString());
      run("mount", "--bind", "/dev", root.path.resolve("dev").toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return root;
  }

  Path path() {
    return path;
  }

  /** A file of it, by its path in it. */
  Path file(String name) {
    return path.resolve(name.substring(1));
  }

  /** A file of it with that text. */
  Path write(String name, String text) {
    Path file = file(name);
    try {
      Files.createDirectories(file.getParent());
      return Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Mounts an empty filesystem at a place in it. */
  Path mount(String name) {
    Path place = file(name);
    try {
      Files.createDirectories(place);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    run("mount", "-t", "tmpfs", "tmpfs", place.toString());
    return place;
  }

  /** Ends a mount in it. */
  void unmount(String name) {
    run("umount", file(name).toString());
  }

  /** Runs a program in it. */
  Command.Result inside(String... command) {
    return new Command(command(command), Map.of(), Command.of().deadline()).run();
  }

  /** The command that runs a program in it. */
  List<String> command(String... command) {
    var all = new ArrayList<>(List.of("chroot", path.toString()));
    all.addAll(Arrays.asList(command));
    return all;
  }

  @Override
  public void close() {
    run("umount", "--recursive", path.toString());
    run("umount", changes.toString());
  }

  private static void run(String... command) {
    Command.of(command).run().succeeded();
  }
}
