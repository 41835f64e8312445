package io.doceph.rig;

import java.util.ArrayList;
import java.util.List;

/**
 * A network namespace for one host, which reaches this machine over a cable of its own: whoever
 * runs in it has all of this machine but its network, and is cut off when the cable is pulled.
 */
public final class HostNetwork implements AutoCloseable {
  private final String name;
  private final String net;

  private HostNetwork(String name, String net) {
    this.name = name;
    this.net = net;
  }

  /** Makes the namespace and lays the cable; the address for the cluster is there from then on. */
  public static HostNetwork lay() {
    long pid = ProcessHandle.current().pid();
    // A net that another test run on this machine does not have.
    String net = "10." + (128 + (pid >> 8) % 120) + "." + pid % 256;
    var network = new HostNetwork("dc" + pid % 1_000_000, net);
    network.make();
    return network;
  }

  private void make() {
    ip("netns", "add", name);
    ip("addr", "add", clusterAddress() + "/32", "dev", "lo");
    ip("link", "add", outside(), "type", "veth", "peer", "name", "eth0", "netns", name);
    ip("addr", "add", net + ".1/30", "dev", outside());
    // With the cable pulled nothing of this strays to the outside world.
    ip("route", "add", "blackhole", net + ".0/30", "metric", "4096");
    ip("-n", name, "addr", "add", hostAddress() + "/30", "dev", "eth0");
    ip("-n", name, "link", "set", "lo", "up");
    ip("-n", name, "link", "set", "eth0", "up");
    plug();
    ip("-n", name, "route", "add", "default", "via", net + ".1");
  }

  /** Where a cluster listens that is reached from within and from without. */
  public String clusterAddress() {
    return net + ".9";
  }

  /** The address that what runs within has for the cluster. */
  public String hostAddress() {
    return net + ".2";
  }

  /** Words before a command that run it within; it is their one child. */
  public List<String> inside() {
    // Not "ip netns exec": that also gives it a mount namespace of its own.
    return List.of("sh", "-c", "nsenter --net=/run/netns/" + name + " -- \"$@\"; exit $?", "sh");
  }

  /** Pulls the cable: what is sent is lost, and nobody is told. */
  public void pull() {
    ip("link", "set", outside(), "down");
  }

  /** Plugs the cable in again. */
  public void plug() {
    ip("link", "set", outside(), "up");
  }

  private String outside() {
    return name + "h";
  }

  private static void ip(String... arguments) {
    Command.Result unused = run(arguments).succeeded();
  }

  private static Command.Result run(String... arguments) {
    var command = new ArrayList<>(List.of("ip"));
    command.addAll(List.of(arguments));
    return Command.of(command.toArray(String[]::new)).run();
  }

  @Override
  public void close() {
    Command.Result link = run("link", "del", outside());
    Command.Result route = run("route", "del", "blackhole", net + ".0/30", "metric", "4096");
    Command.Result address = run("addr", "del", clusterAddress() + "/32", "dev", "lo");
    ip("netns", "del", name);
    link.succeeded();
    route.succeeded();
    address.succeeded();
  }
}
