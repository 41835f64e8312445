package io.doceph.host.process;

import java.util.EnumMap;
import java.util.Map;

/**
 * How many commands of each class may run at once.
 *
 * @param concurrent the limit of every class, at least 1 each
 */
public record RunLimits(Map<CommandClass, Integer> concurrent) {

  /** Checks that every class has a limit of at least 1. */
  public RunLimits {
    for (CommandClass commandClass : CommandClass.values()) {
      Integer limit = concurrent.get(commandClass);
      if (limit == null || limit < 1) {
        throw new IllegalArgumentException(
            "the limit of commands of class %s must be at least 1, not %s"
                .formatted(commandClass, limit));
      }
    }
    concurrent = Map.copyOf(concurrent);
  }

  /** 16 local ones, 4 that format, 8 that need Ceph. */
  public static RunLimits defaults() {
    return new RunLimits(
        Map.of(CommandClass.LOCAL, 16, CommandClass.FORMAT, 4, CommandClass.CEPH, 8));
  }

  /** The same limits but for one class. */
  public RunLimits with(CommandClass commandClass, int limit) {
    Map<CommandClass, Integer> changed = new EnumMap<>(concurrent);
    changed.put(commandClass, limit);
    return new RunLimits(changed);
  }

  int of(CommandClass commandClass) {
    return concurrent.getOrDefault(commandClass, 1);
  }
}
