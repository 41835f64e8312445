package io.doceph.architecture;

import static java.util.Map.entry;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import java.util.Map;
import java.util.Set;

/**
 * The table of rooms. A class lives in the room whose package is the longest prefix of its own; it
 * may import its own room and those that the table names. Rooms without classes yet are in it.
 */
final class Rooms {
  static final String ROOT = "io.doceph";

  /** The room of {@code io.doceph.Main}. */
  private static final String ENTRANCE = "Main";

  private static final Set<String> FOR_BACKENDS = Set.of("volume", "host", "host.process");
  private static final Set<String> FOR_TARGETS = Set.of("backup", "volume", "host");

  /** Room to the rooms it may import; config comes on top, for all but host.process. */
  private static final Map<String, Set<String>> TABLE =
      Map.ofEntries(
          entry(ENTRANCE, Set.of("cli", "server")),
          entry("docker", Set.of("volume")),
          entry("admin", Set.of("volume", "backup", "observe")),
          entry("volume", Set.of("host", "host.process")),
          entry("backend.rbd", FOR_BACKENDS),
          entry("backend.vfs", FOR_BACKENDS),
          entry("backend.loop", FOR_BACKENDS),
          entry("backend.devicemapper", FOR_BACKENDS),
          entry("backend.ebs", FOR_BACKENDS),
          entry("backup", Set.of("volume", "host")),
          entry("backup.file", FOR_TARGETS),
          entry("backup.s3", FOR_TARGETS),
          entry("host", Set.of("host.process")),
          entry("host.process", Set.of()),
          entry("config", Set.of()),
          entry(
              "server",
              Set.of(
                  "volume",
                  "host",
                  "host.process",
                  "observe",
                  "backend.vfs",
                  "backend.loop",
                  "backend.rbd")),
          entry("observe", Set.of("volume", "host", "host.process")),
          entry("cli", Set.of("admin")));

  private Rooms() {}

  /** Whether a class is doceph's. */
  static boolean isOurs(JavaClass type) {
    return type.getPackageName().equals(ROOT) || type.getPackageName().startsWith(ROOT + ".");
  }

  /** The room of a class of ours; its package below the root if the table has no room for it. */
  static String of(JavaClass type) {
    if (type.getPackageName().equals(ROOT)) {
      return ENTRANCE;
    }
    String name = type.getPackageName().substring(ROOT.length() + 1);
    for (String room = name; ; room = room.substring(0, room.lastIndexOf('.'))) {
      if (TABLE.containsKey(room)) {
        return room;
      }
      if (room.indexOf('.') < 0) {
        return name;
      }
    }
  }

  /** Whether the table has the room. */
  static boolean exists(String room) {
    return TABLE.containsKey(room);
  }

  /** Whether classes of a room may import classes of another. */
  static boolean mayImport(String from, String to) {
    return from.equals(to)
        || TABLE.getOrDefault(from, Set.of()).contains(to)
        || (to.equals("config") && !from.equals("host.process"));
  }

  /** Classes of ours that live in the room. */
  static DescribedPredicate<JavaClass> in(String room) {
    return DescribedPredicate.describe(
        "in room " + room, type -> isOurs(type) && of(type).equals(room));
  }
}
