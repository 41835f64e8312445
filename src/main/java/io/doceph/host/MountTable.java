package io.doceph.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** The kernel's own list of mounts, ours and those of other mount namespaces. */
public final class MountTable {

  private static final Path SELF = Path.of("/proc/self/mountinfo");

  // Fields before the variable ones.
  private static final int ID = 0;
  private static final int MAJOR_MINOR = 2;
  private static final int ROOT = 3;
  private static final int MOUNT_POINT = 4;
  private static final int OPTIONS = 5;
  private static final int FIRST_TAG = 6;

  /** Set off by a backslash and three octal digits: space, tab, newline, backslash. */
  private static final int ESCAPE_LENGTH = 4;

  private MountTable() {}

  /**
   * All mounts in a file like {@code /proc/PID/mountinfo}, in the kernel's order: a later one
   * covers an earlier one.
   *
   * @throws IOException when it cannot be read, for instance because the process has ended
   */
  public static List<MountEntry> parse(Path mountinfoFile) throws IOException {
    List<MountEntry> entries = new ArrayList<>();
    // Paths may hold any bytes. ISO 8859-1 keeps them apart until they are decoded one by one.
    for (String line :
        Files.readString(mountinfoFile, StandardCharsets.ISO_8859_1).split("\n", -1)) {
      if (!line.isEmpty()) {
        entries.add(entry(line));
      }
    }
    return entries;
  }

  /** All mounts of our own namespace. */
  public static List<MountEntry> self() {
    try {
      return parse(SELF);
    } catch (IOException e) {
      throw new HostException("%s cannot be read; doceph needs /proc mounted".formatted(SELF), e);
    }
  }

  /**
   * What is seen at this very path: the last that was mounted there. The path must be absolute and
   * without links.
   */
  public static Optional<MountEntry> at(Path mountPoint) {
    MountEntry last = null;
    for (MountEntry entry : self()) {
      if (entry.mountPoint().equals(mountPoint)) {
        last = entry;
      }
    }
    return Optional.ofNullable(last);
  }

  /**
   * A mount in another mount namespace, such as a container's.
   *
   * @param pid one process that lives there
   * @param command that process' name
   * @param entry the mount as seen there
   */
  public record ForeignMount(long pid, String command, MountEntry entry) {}

  /**
   * The mounts that other mount namespaces hold; each keeps its device busy although nothing of it
   * is seen here. Sees only what it may: all as root. Processes that end meanwhile are passed over.
   */
  public static List<ForeignMount> elsewhere(Predicate<MountEntry> wanted) {
    Map<String, List<Long>> namespaces = new HashMap<>();
    for (long pid : Processes.all()) {
      Processes.mountNamespace(pid)
          .ifPresent(name -> namespaces.computeIfAbsent(name, any -> new ArrayList<>()).add(pid));
    }
    Processes.ownMountNamespace().ifPresent(namespaces::remove);
    List<ForeignMount> found = new ArrayList<>();
    for (Map.Entry<String, List<Long>> namespace : namespaces.entrySet()) {
      found.addAll(in(namespace.getKey(), namespace.getValue(), wanted));
    }
    return found;
  }

  /** One process is enough, unless it has ended or gone to another namespace meanwhile. */
  private static List<ForeignMount> in(
      String namespace, List<Long> pids, Predicate<MountEntry> wanted) {
    for (long pid : pids) {
      try {
        List<MountEntry> entries = parse(Path.of("/proc", Long.toString(pid), "mountinfo"));
        if (!entries.isEmpty()
            && Processes.mountNamespace(pid).filter(namespace::equals).isPresent()) {
          String command = Processes.command(pid).orElse("?");
          return entries.stream()
              .filter(wanted)
              .map(entry -> new ForeignMount(pid, command, entry))
              .toList();
        }
      } catch (IOException e) {
        // It has ended: the next one will do.
      }
    }
    return List.of();
  }

  private static MountEntry entry(String line) {
    String[] fields = line.split(" ", -1);
    boolean shared = false;
    boolean slave = false;
    int at = FIRST_TAG;
    // Any number of tags, ended by a dash.
    for (; !fields[at].equals("-"); at++) {
      shared |= fields[at].startsWith("shared:");
      slave |= fields[at].startsWith("master:");
    }
    return new MountEntry(
        Integer.parseInt(fields[ID]),
        fields[MAJOR_MINOR],
        unescape(fields[ROOT]),
        path(unescape(fields[MOUNT_POINT])),
        unescape(fields[at + 1]),
        unescape(fields[at + 2]),
        List.of(fields[OPTIONS].split(",", -1)),
        List.of(unescape(fields[at + 3]).split(",", -1)),
        shared,
        slave);
  }

  /** A foreign name that our locale cannot express is no reason to see no mounts at all. */
  private static Path path(String name) {
    try {
      return Path.of(name);
    } catch (InvalidPathException e) {
      return Path.of(name.replaceAll("[^\\x01-\\x7e]", "?"));
    }
  }

  private static String unescape(String field) {
    byte[] bytes = new byte[field.length()];
    int length = 0;
    for (int i = 0; i < field.length(); i++) {
      char c = field.charAt(i);
      if (c == '\\' && i + ESCAPE_LENGTH <= field.length()) {
        bytes[length++] = (byte) Integer.parseInt(field.substring(i + 1, i + ESCAPE_LENGTH), 8);
        i += ESCAPE_LENGTH - 1;
      } else {
        bytes[length++] = (byte) c;
      }
    }
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
  }
}
