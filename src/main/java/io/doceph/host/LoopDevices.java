package io.doceph.host;

import static java.util.Comparator.comparingInt;

import io.doceph.host.process.Command;
import io.doceph.host.process.CommandClass;
import io.doceph.host.process.CommandFailure;
import io.doceph.host.process.CommandResult;
import io.doceph.host.process.Deadline;
import io.doceph.host.process.ProcessRunner;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * Files as block devices. What is attached is always asked of the kernel, in sysfs; nothing is
 * remembered.
 */
public final class LoopDevices {

  private static final Path BLOCK = Path.of("/sys/block");
  private static final Path DEV = Path.of("/dev");
  private static final String BACKING_FILE = "loop/backing_file";
  private static final String DELETED = " (deleted)";

  private static final int ATTACH_ATTEMPTS = 5;
  private static final Duration ATTACH_PAUSE = Duration.ofMillis(50);

  /** Two who attach at once find the same free device; the slower one is told this. */
  private static final List<String> RACE =
      List.of("Device or resource busy", "Resource temporarily unavailable");

  /** How losetup says that the file's file system has no direct I/O. */
  private static final List<String> NO_DIRECT_IO = List.of("Invalid argument", "direct io");

  private static final Duration DETACH_TIME = Duration.ofSeconds(5);
  private static final Duration FIRST_LOOK = Duration.ofMillis(1);
  private static final Duration LONGEST_LOOK = Duration.ofMillis(50);

  private final Tools tools;
  private final ProcessRunner runner;

  /**
   * An attached loop device.
   *
   * @param backingFile its path when it was attached, as seen from here
   * @param deleted whether that file has no name any more
   */
  public record Loop(Path device, Path backingFile, boolean deleted) {}

  /** Uses {@code losetup}. */
  public LoopDevices(Tools tools, ProcessRunner runner) {
    this.tools = tools;
    this.runner = runner;
  }

  /** All loop devices that are attached, by their numbers. */
  public List<Loop> list() {
    List<Loop> loops = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(BLOCK, "loop*")) {
      for (Path entry : entries) {
        loop(DEV.resolve(String.valueOf(entry.getFileName()))).ifPresent(loops::add);
      }
    } catch (IOException | DirectoryIteratorException e) {
      throw new HostException("the loop devices in %s cannot be listed: %s".formatted(BLOCK, e), e);
    }
    // loop2 before loop10.
    loops.sort(
        comparingInt((Loop loop) -> loop.device().toString().length()).thenComparing(Loop::device));
    return loops;
  }

  /**
   * The device that a file is attached to, the first if there are several; empty when it is not.
   */
  public Optional<Path> find(Path file) {
    Path real = realPath(file);
    return list().stream()
        .filter(
            loop ->
                !loop.deleted()
                    && (loop.backingFile().equals(real) || same(loop.backingFile(), real)))
        .map(Loop::device)
        .findFirst();
  }

  /**
   * Attaches a file, with direct I/O where its file system can, else without. A file that is
   * attached already is not attached twice: the answer is the device it has.
   */
  public Path attach(Path file, Deadline deadline) {
    for (int attempt = 1; ; attempt++) {
      try {
        return attach(file, true, deadline);
      } catch (CommandFailure failure) {
        if (failure.kind() != CommandFailure.Kind.EXIT) {
          throw failure;
        }
        Optional<Path> done = find(file);
        if (done.isPresent()) {
          // It was attached, and only the switch to direct I/O was refused; or a faster one
          // attached it.
          return done.get();
        }
        if (says(failure, NO_DIRECT_IO)) {
          return attach(file, false, deadline);
        }
        if (!says(failure, RACE) || attempt == ATTACH_ATTEMPTS || deadline.expired()) {
          throw failure;
        }
        LockSupport.parkNanos(ATTACH_PAUSE.toNanos());
      }
    }
  }

  /**
   * Detaches a device and waits until it is. One that is not attached is success.
   *
   * @throws HostException when it stays attached for some seconds because something uses it; the
   *     kernel detaches it as soon as nothing does
   */
  public void detach(Path device, Deadline deadline) {
    Optional<Loop> before = loop(device);
    if (before.isEmpty()) {
      return;
    }
    try {
      run(losetup(deadline).arg("--detach", device.toString()));
    } catch (CommandFailure failure) {
      if (failure.kind() != CommandFailure.Kind.EXIT || loop(device).isPresent()) {
        throw failure;
      }
    }
    Deadline end = deadline.sooner(DETACH_TIME);
    Duration pause = FIRST_LOOK;
    while (loop(device).filter(before.get()::equals).isPresent()) {
      if (end.expired() || Thread.currentThread().isInterrupted()) {
        throw new HostException(
            "%s (%s) stays attached: something uses it still, perhaps a mount in another mount namespace"
                .formatted(device, before.get().backingFile()));
      }
      LockSupport.parkNanos(pause.toNanos());
      pause =
          pause.multipliedBy(2).compareTo(LONGEST_LOOK) < 0 ? pause.multipliedBy(2) : LONGEST_LOOK;
    }
  }

  /** Makes the device as large as its file is now. */
  public void refreshSize(Path device, Deadline deadline) {
    run(losetup(deadline).arg("--set-capacity", device.toString()));
  }

  /** Whether it reads and writes its file without the page cache between. */
  public boolean directIo(Path device) {
    return BlockDevices.attribute(device, "loop/dio").filter("1"::equals).isPresent();
  }

  private Path attach(Path file, boolean directIo, Deadline deadline) {
    Command command = losetup(deadline).arg("--find", "--show", "--nooverlap");
    if (directIo) {
      command = command.arg("--direct-io=on");
    }
    CommandResult result = runner.run(command.arg("--", file.toString()));
    Path device = Path.of(result.text().strip());
    // Trusted only as far as the kernel says the same.
    if (!device.startsWith(DEV) || loop(device).isEmpty()) {
      throw new HostException(
          "losetup said that %s is attached to '%s', but it is not"
              .formatted(file, result.text().strip()));
    }
    return device;
  }

  private static Optional<Loop> loop(Path device) {
    return BlockDevices.attribute(device, BACKING_FILE)
        .filter(text -> !text.isEmpty())
        .map(
            text -> {
              // A file's own name may end so; then it is still there.
              boolean deleted = text.endsWith(DELETED) && !Files.exists(Path.of(text));
              String path = deleted ? text.substring(0, text.length() - DELETED.length()) : text;
              return new Loop(device, Path.of(path), deleted);
            });
  }

  private static boolean same(Path one, Path other) {
    try {
      return Files.isSameFile(one, other);
    } catch (IOException e) {
      return false;
    }
  }

  private static Path realPath(Path file) {
    try {
      return file.toRealPath();
    } catch (IOException e) {
      return file.toAbsolutePath();
    }
  }

  private static boolean says(CommandFailure failure, List<String> texts) {
    return texts.stream().anyMatch(failure.stderr()::contains);
  }

  private Command losetup(Deadline deadline) {
    return Command.of(tools.require("losetup"), CommandClass.LOCAL).deadline(deadline);
  }

  private void run(Command command) {
    CommandResult unused = runner.run(command);
  }
}
