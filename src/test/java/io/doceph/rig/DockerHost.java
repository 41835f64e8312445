package io.doceph.rig;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** What an administrator does on a booted machine with Docker, doceph and volumes on Ceph. */
final class DockerHost {
  private static final Duration SOON = Duration.ofSeconds(30);

  private static final String WRITER = "while :; do date +%s >> /data/log; sleep 0.2; done";

  private final BootedMachine machine;
  private final CephRig ceph;

  DockerHost(BootedMachine machine, CephRig ceph) {
    this.machine = machine;
    this.ceph = ceph;
  }

  /** Installs doceph, gives it the cluster, and starts it and Docker. */
  void setUp(Packages packages) {
    install(packages);
    Path rbd = ceph.shim(machine.shared().resolve("rbd"));
    machine.write(
        "/etc/doceph/application.properties",
        """
        doceph.backend = rbd
        doceph.default-size = 100MiB
        doceph.filesystem = ext4
        doceph.host-name = booted
        doceph.rbd.conf = %s
        doceph.rbd.remove = delete
        doceph.tools.rbd = %s
        """
            .formatted(ceph.conf(), rbd));
    machine.sh(
        """
        systemctl enable --now doceph.socket doceph.service doceph-restart-containers.timer
        systemctl restart docker
        mkdir -p /tmp/image/bin && cp /bin/busybox /tmp/image/bin/
        for applet in $(busybox --list); do
          [ $applet = busybox ] || ln -sf busybox /tmp/image/bin/$applet
        done
        tar -C /tmp/image -c . | docker import -c 'CMD ["/bin/sh"]' - bb:1
        rm -rf /tmp/image
        """);
  }

  /** Installs the package, or another version of it in its place. */
  void install(Packages packages) {
    Path deb = machine.shared().resolve(packages.deb().getFileName());
    Command.of("cp", packages.deb().toString(), deb.toString()).run().succeeded();
    machine.sh("dpkg --force-confold -i " + deb);
  }

  /** Starts a container of this name that always restarts and writes to its volume of that name. */
  void startWriter(String name) {
    machine.sh("docker volume create -d doceph " + name);
    machine.sh(
        "docker run -d --name %s --restart always -v %s:/data bb:1 sh -c '%s'"
            .formatted(name, name, WRITER));
    awaitRunning(name, SOON);
  }

  String exec(String name, String script) {
    return machine.sh("docker exec %s sh -c '%s'".formatted(name, script));
  }

  /** Writes a file into a container's volume, synced. */
  void writeSynced(String name, String text) {
    exec(name, "echo " + text + " | dd of=/data/f conv=fsync 2>/dev/null");
  }

  boolean isRunning(String name) {
    return machine.run("docker", "inspect", "-f", "{{.State.Running}}", name).out().equals("true");
  }

  void awaitRunning(String name, Duration within) {
    Await.until(
        () -> "the container " + name + " runs\n" + journal(), within, () -> isRunning(name));
  }

  /** Whether the writer goes on. */
  boolean isWriting(String name) {
    String before = exec(name, "wc -l < /data/log");
    Await.until(
        "the container writes", SOON, () -> !exec(name, "wc -l < /data/log").equals(before));
    return true;
  }

  boolean isActive(String unit) {
    return machine.run("systemctl", "is-active", unit).out().equals("active");
  }

  String mainPid(String unit) {
    return show(unit, "MainPID");
  }

  /** When something happened to a unit, in µs since the machine's kernel was started. */
  long micros(String unit, String what) {
    return Long.parseLong(show(unit, what + "TimestampMonotonic"));
  }

  /** From the start of a unit's program until it said that it is ready. */
  double millisOfStart(String unit) {
    return (micros(unit, "ActiveEnter") - micros(unit, "ExecMainStart")) / 1000.0;
  }

  private String show(String unit, String property) {
    return machine.sh("systemctl show --value -p %s %s".formatted(property, unit));
  }

  /** Who has a volume's image open. */
  String watchers(String volume) {
    return ceph.rbd("status", "volumes/" + volume)
        .succeeded()
        .out()
        .lines()
        .filter(line -> line.contains("watcher="))
        .reduce("", String::concat);
  }

  List<String> images() {
    return ceph.rbd("ls", "volumes").succeeded().out().lines().toList();
  }

  void removeAll() {
    machine.sh("docker ps -aq | xargs -r docker rm -f");
    machine.sh("docker volume ls -q | xargs -r docker volume rm");
    Await.until("the images are deleted", SOON, () -> images().isEmpty());
    assertThat(machine.run("systemctl", "--failed", "--no-legend").out()).doesNotContain("doceph");
  }

  private String journal() {
    return machine.run("journalctl", "-b", "-u", "doceph", "-u", "docker", "-n", "60").out();
  }
}
