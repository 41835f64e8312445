package io.doceph.host.process;

import static java.util.Comparator.comparingLong;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A process and all that it started, for killing. The JDK cannot put a child into its own process
 * group, and an extra {@code setsid} would cost every run an exec, so descendants are found in
 * {@code /proc}: by parent, and, when their parent is gone, by the marker in the environment that
 * they inherited. A process that cleared its environment and was re-parented before anyone looked
 * is not found. Processes that we may not look at are not ours.
 */
final class ProcessTree {

  /** How long the search by marker may take; see {@link #marked}. */
  private static final Duration MARKER_SEARCH = Duration.ofMillis(500);

  private final Process root;
  private final String marker;

  /**
   * All that were ever found, by pid; a later look finds those again that were re-parented since.
   */
  private final Map<Long, ProcStat> known = new HashMap<>();

  /** Looked at and without the marker: they never get it, for it is only inherited. */
  private final Set<ProcStat> strangers = new HashSet<>();

  private boolean markerSearchHangs;

  /**
   * The tree of one command.
   *
   * @param marker the {@code NAME=value} that all of them have in their environment
   */
  ProcessTree(Process root, String marker) {
    this.root = root;
    this.marker = marker;
  }

  /**
   * Those of the tree that are alive now, the oldest first: a parent signalled before its child
   * cannot take the child's end for a success and go on.
   */
  List<ProcStat> alive() {
    Map<Long, ProcStat> all = snapshot();
    known
        .values()
        .removeIf(was -> !Optional.ofNullable(all.get(was.pid())).filter(was::sameAs).isPresent());
    ProcStat first = all.get(root.pid());
    // Asked after the snapshot: while it has not been reaped its pid belongs to no other.
    if (first != null && root.isAlive()) {
      add(first);
    }
    marked(all).forEach(this::add);
    addChildren(all);
    List<ProcStat> alive = new ArrayList<>();
    known
        .keySet()
        .forEach(
            pid -> Optional.ofNullable(all.get(pid)).filter(ProcStat::alive).ifPresent(alive::add));
    alive.sort(comparingLong(ProcStat::startTicks).thenComparing(ProcStat::pid));
    return alive;
  }

  /** Sends SIGTERM or SIGKILL to one process, unless its pid has passed on to another one. */
  static void signal(ProcStat target, boolean forcibly) {
    Optional<ProcessHandle> handle = ProcessHandle.of(target.pid());
    // The handle remembers the start time it saw and signals no later process; so look again after
    // it was made.
    if (handle.isPresent() && ProcStat.of(target.pid()).filter(target::sameAs).isPresent()) {
      boolean unused = forcibly ? handle.get().destroyForcibly() : handle.get().destroy();
    }
  }

  private void add(ProcStat stat) {
    known.put(stat.pid(), stat);
  }

  private void addChildren(Map<Long, ProcStat> all) {
    boolean more = true;
    while (more) {
      more = false;
      for (ProcStat stat : all.values()) {
        if (!known.containsKey(stat.pid()) && known.containsKey(stat.parent())) {
          add(stat);
          more = true;
        }
      }
    }
  }

  /**
   * Those that have the marker in their environment. Reading an environment takes the memory map's
   * lock and may hang as long as that process does, which is just when we are called; so another
   * thread does it, and when it does not come back it is given up on and no second one is started.
   */
  private List<ProcStat> marked(Map<Long, ProcStat> all) {
    if (markerSearchHangs) {
      return List.of();
    }
    ProcStat ourselves = all.get(ProcessHandle.current().pid());
    long oldest = ourselves == null ? 0 : ourselves.startTicks();
    List<ProcStat> candidates = new ArrayList<>();
    for (ProcStat stat : all.values()) {
      // What is older than this daemon cannot descend from it.
      if (stat.alive()
          && stat.startTicks() >= oldest
          && !known.containsKey(stat.pid())
          && !strangers.contains(identity(stat))) {
        candidates.add(stat);
      }
    }
    CompletableFuture<List<ProcStat>> search = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .name("doceph-marker-search")
        .start(
            () ->
                search.complete(
                    candidates.stream().filter(stat -> hasMarker(stat.pid())).toList()));
    Optional<List<ProcStat>> found = await(search);
    if (found.isEmpty()) {
      markerSearchHangs = true;
      return List.of();
    }
    candidates.stream()
        .filter(stat -> !found.get().contains(stat))
        .forEach(stat -> strangers.add(identity(stat)));
    return found.get();
  }

  /**
   * The answer, or empty after a while. An interrupt does not shorten it, for the tree must be
   * ended all the same.
   */
  private static Optional<List<ProcStat>> await(CompletableFuture<List<ProcStat>> search) {
    Deadline end = Deadline.after(MARKER_SEARCH);
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return Optional.of(search.get(end.remainingNanos(), TimeUnit.NANOSECONDS));
        } catch (TimeoutException | ExecutionException e) {
          return Optional.empty();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static ProcStat identity(ProcStat stat) {
    return new ProcStat(stat.pid(), 0, '-', stat.startTicks());
  }

  private boolean hasMarker(long pid) {
    try {
      byte[] environment = Files.readAllBytes(Path.of("/proc", Long.toString(pid), "environ"));
      String text = "\0" + new String(environment, StandardCharsets.ISO_8859_1);
      return text.contains("\0" + marker + "\0");
    } catch (IOException e) {
      // Gone, or of another user.
      return false;
    }
  }

  private static Map<Long, ProcStat> snapshot() {
    Map<Long, ProcStat> all = new HashMap<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path entry : entries) {
        ProcStat.of(Long.parseLong(String.valueOf(entry.getFileName())))
            .ifPresent(stat -> all.put(stat.pid(), stat));
      }
    } catch (IOException | DirectoryIteratorException e) {
      // What was read so far is what can be ended; the caller signals the first process in any
      // case.
      return all;
    }
    return all;
  }
}
