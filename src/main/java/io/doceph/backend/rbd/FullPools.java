package io.doceph.backend.rbd;

import com.fasterxml.jackson.databind.JsonNode;
import io.doceph.host.MissingToolException;
import io.doceph.host.process.CommandFailure;
import io.doceph.host.process.Deadline;
import io.doceph.host.process.ProcessRunner;
import io.doceph.volume.VolumeError;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Why a cluster that is up lets whoever writes wait. Ceph does not refuse what finds no room: the
 * command hangs, as if the cluster were down. Asked for only after a command has hung.
 */
final class FullPools {
  private static final Duration TIME = Duration.ofSeconds(5);
  private static final Duration BELIEVED = Duration.ofSeconds(3);

  private final ProcessRunner runner;
  private final RbdCommands commands;
  private Map<String, String> reasons = Map.of();
  private long asked;

  FullPools(ProcessRunner runner, RbdCommands commands) {
    this.runner = runner;
    this.commands = commands;
    this.asked = System.nanoTime() - BELIEVED.toNanos();
  }

  /** Why nothing can be written to a pool, and what to do; null when nobody can say so. */
  synchronized @Nullable String reason(String pool, String user) {
    // Those that hung together get one answer.
    if (System.nanoTime() - asked >= BELIEVED.toNanos()) {
      reasons = ask(user);
      asked = System.nanoTime();
    }
    return reasons.get(pool);
  }

  private Map<String, String> ask(String user) {
    Map<String, String> found = new HashMap<>();
    try {
      JsonNode map =
          Cluster.parse(
              runner.run(commands.osdMap(user, Deadline.after(TIME))).stdout(),
              "the map of the pools");
      for (JsonNode pool : map.path("pools")) {
        String flags = "," + pool.path("flags_names").asText() + ",";
        if (flags.contains(",full,") || flags.contains(",full_quota,")) {
          String name = pool.path("pool_name").asText();
          found.put(name, CephFailures.full(name));
        }
      }
    } catch (CommandFailure | MissingToolException | VolumeError e) {
      return Map.of(); // the cluster does not answer: that is what is said then
    }
    return found;
  }
}
