package io.doceph.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** The rules between values that a converter cannot see. */
final class ConfigRules {
  private static final Set<String> BACKENDS = Set.of("vfs", "loop", "rbd");
  private static final Set<String> FILESYSTEMS = Set.of("xfs", "ext4", "btrfs");
  private static final Set<String> SCOPES = Set.of("auto", "local", "global");

  private static final Set<String> MAPPERS = Set.of("krbd", "nbd", "auto");
  private static final Set<String> REMOVALS = Set.of("trash", "delete", "keep", "refuse");
  private static final Pattern PLACE =
      Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}(/[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?");

  private final List<String> problems = new ArrayList<>();

  private ConfigRules() {}

  /**
   * Checks a configuration.
   *
   * @throws ConfigProblem with all that is wrong
   */
  static void check(DocephConfig c) {
    ConfigRules rules = new ConfigRules();
    rules.oneOf("doceph.backend", c.backend(), BACKENDS);
    rules.oneOf("doceph.filesystem", c.filesystem(), FILESYSTEMS);
    rules.oneOf("doceph.scope", c.scope(), SCOPES);
    List<String> enabled = c.backends().orElse(List.copyOf(BACKENDS));
    enabled.forEach(b -> rules.oneOf("doceph.backends", b, BACKENDS));
    if (!enabled.contains(c.backend())) {
      rules.wrong("doceph.backend", "'" + c.backend() + "' is not among doceph.backends");
    }
    if (c.vfs().path().equals(c.loop().path())) {
      rules.wrong(
          "doceph.loop.path",
          "it is doceph.vfs.path as well, and each backend needs a directory of its own");
    }
    rules.oneOf("doceph.rbd.mapper", c.rbd().mapper(), MAPPERS);
    rules.oneOf("doceph.rbd.remove", c.rbd().remove(), REMOVALS);
    rules.place("doceph.rbd.pool", c.rbd().pool());
    c.rbd().pools().orElse(List.of()).forEach(p -> rules.place("doceph.rbd.pools", p));
    rules.listening(c);
    rules.positive("doceph.limits.operations", c.limits().operations());
    rules.positive("doceph.limits.local-commands", c.limits().localCommands());
    rules.positive("doceph.limits.format-commands", c.limits().formatCommands());
    rules.positive("doceph.limits.ceph-commands", c.limits().cephCommands());
    if (!rules.problems.isEmpty()) {
      throw new ConfigProblem(rules.problems);
    }
  }

  private void listening(DocephConfig c) {
    boolean tls =
        c.tls().cert().isPresent() && c.tls().key().isPresent() && c.tls().clientCa().isPresent();
    boolean someTls =
        c.tls().cert().isPresent() || c.tls().key().isPresent() || c.tls().clientCa().isPresent();
    if (someTls && !tls) {
      wrong("doceph.tls.cert", "doceph.tls.cert, .key and .client-ca go together");
    }
    c.listenTcp()
        .ifPresent(
            a -> {
              if (!tls && !isLoopback(a.host())) {
                wrong(
                    "doceph.listen.tcp",
                    a.host()
                        + " is not a loopback address, and without TLS and client certificates (the three doceph.tls keys) anybody on the network could mount and remove volumes");
              }
            });
    if (!c.management().equals("off")) {
      try {
        HostPort management = HostPort.parse(c.management());
        if (!isLoopback(management.host())) {
          wrong("doceph.management", management.host() + " is not a loopback address");
        }
      } catch (IllegalArgumentException e) {
        wrong("doceph.management", String.valueOf(e.getMessage()));
      }
    }
  }

  private static boolean isLoopback(String host) {
    if (host.equals("localhost")) {
      return true;
    }
    // A literal alone: a name would be looked up on the network.
    if (!host.matches("[0-9.]+") && !host.contains(":")) {
      return false;
    }
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  private void oneOf(String key, String value, Set<String> allowed) {
    if (!allowed.contains(value)) {
      wrong(key, "'" + value + "' is not known");
    }
  }

  private void place(String key, String value) {
    if (!PLACE.matcher(value).matches()) {
      wrong(key, "'" + value + "' is not a pool, nor a namespace in one such as volumes/team1");
    }
  }

  private void positive(String key, int value) {
    if (value < 1) {
      wrong(key, value + " is too small");
    }
  }

  private void wrong(String key, String reason) {
    problems.add(ConfigLoader.wrong(key, "configuration", reason));
  }
}
