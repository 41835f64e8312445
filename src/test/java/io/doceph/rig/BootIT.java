package io.doceph.rig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A host with doceph's units, a real systemd and Docker, that boots, loses power and is upgraded.
 */
@Tag("rig")
class BootIT {
  /** A dead client may watch its image for 30 s. */
  private static final Duration AFTER_A_POWER_CUT = Duration.ofSeconds(60);

  private static final Duration SOON = Duration.ofSeconds(30);

  @TempDir static Path scratch;
  private static BootedMachine machine;
  private static DockerHost host;

  @BeforeAll
  static void boot() {
    assumeTrue("root".equals(System.getProperty("user.name")), "the rig needs root");
    assumeTrue(Packages.canBeBuilt(), "packages are made of the native executable");
    CephRig ceph = CephRig.shared();
    machine = BootedMachine.up(ceph.directory());
    host = new DockerHost(machine, ceph);
    host.setUp(Packages.ofTheExecutable());
  }

  @AfterAll
  static void end() {
    if (machine != null) {
      machine.close();
    }
  }

  @AfterEach
  void leaveNothing() {
    host.removeAll();
    assertThat(host.images()).as("images left in the cluster").isEmpty();
    assertThat(machine.sh("grep -c /var/lib/doceph/mounts/ /proc/self/mountinfo || true"))
        .as("volumes left mounted")
        .isEqualTo("0");
  }

  @Test
  void aContainerIsBackOnItsDataAfterAReboot() {
    // Given a container on a volume
    host.startWriter("db");
    host.exec("db", "echo kept > /data/f");

    // When the host is rebooted in good order
    machine.reboot();

    // Then the container runs again, on its data, and doceph was ready before Docker started
    host.awaitRunning("db", SOON);
    assertThat(host.exec("db", "cat /data/f")).isEqualTo("kept");
    assertThat(host.micros("doceph.socket", "ActiveEnter"))
        .isLessThan(host.micros("docker.service", "ExecMainStart"));
    assertThat(host.micros("doceph.service", "ActiveEnter"))
        .isLessThan(host.micros("docker.service", "ExecMainStart"));
    print("boot: doceph from exec to ready", host.millisOfStart("doceph.service"), "ms");
    print("boot: dockerd from exec to ready", host.millisOfStart("docker.service"), "ms");
  }

  @Test
  void aHostThatStopsGivesItsVolumesBack() {
    // Given a container on a volume
    host.startWriter("db");

    // When the host stops in good order, and before it boots
    machine.sh("systemctl --no-block poweroff");
    Await.until("the machine has stopped", Duration.ofSeconds(60), () -> !machine.isUp());

    // Then nobody has the image open any more
    assertThat(host.watchers("db")).isEmpty();
    machine.boot();
    host.awaitRunning("db", SOON);
  }

  @Test
  void whatWasSyncedIsThereAfterAPowerCut() {
    // Given a container that syncs what it writes
    host.startWriter("db");
    host.writeSynced("db", "synced");

    // When the host loses its power and boots again
    machine.cutPower();
    Instant cut = Instant.now();
    machine.boot();

    // Then the container is back on its data by itself
    host.awaitRunning("db", AFTER_A_POWER_CUT);
    assertThat(Duration.between(cut, Instant.now())).isLessThan(AFTER_A_POWER_CUT);
    assertThat(host.exec("db", "cat /data/f")).isEqualTo("synced");
    print("power cut: container back after", Duration.between(cut, Instant.now()).toMillis(), "ms");
  }

  @Test
  void noCallIsLostWhileDocephIsRestartedUnderAContainer() {
    // Given a container that writes
    host.startWriter("db");

    // When doceph is restarted and questions are asked all the time
    startAsking();
    machine.sh("for i in 1 2 3; do sleep 0.5; systemctl restart doceph; done; sleep 0.5");

    // Then each is answered, the container has gone on, and its volume can be given back
    print("restart of doceph: longest answer meanwhile", longestAnswer(), "ms");
    assertThat(host.isWriting("db")).isTrue();
  }

  /** Asks doceph for the volume "db" again and again, until {@link #longestAnswer} is called. */
  private static void startAsking() {
    machine.sh(
        """
        rm -f /run/asked /run/refused /run/enough
        setsid sh -c 'until [ -e /run/enough ]; do
          curl -sS --max-time 20 --unix-socket /run/docker/plugins/doceph.sock \
            -d "{\\"Name\\":\\"db\\"}" -w "%{time_total}\\n" http://d/VolumeDriver.Get >>/run/asked
        done' >/dev/null 2>/run/refused &
        """);
  }

  /** How long the slowest of these answers took, in ms; each of them must be one. */
  private static long longestAnswer() {
    machine.sh("touch /run/enough; sleep 0.5");
    List<String> answers = machine.sh("cat /run/asked").lines().toList();
    assertThat(machine.sh("cat /run/refused")).isEmpty();
    assertThat(answers).hasSizeGreaterThan(20).allMatch(line -> line.contains("\"Name\":\"db\""));
    double longest =
        answers.stream()
            .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf('}') + 1)))
            .max()
            .orElseThrow();
    return Math.round(1000 * longest);
  }

  @Test
  void anUpgradeLeavesTheContainerRunning() {
    // Given a container that writes
    host.startWriter("db");
    String before = host.mainPid("doceph");
    Packages newer = Packages.build(scratch, Map.of(), "--version", "99.0");

    // When a newer package is installed while questions are asked all the time
    startAsking();
    host.install(newer);
    print("upgrade of doceph: longest answer meanwhile", longestAnswer(), "ms");

    // Then another doceph answers, the container has gone on, and can be started again
    assertThat(machine.sh("dpkg-query -W -f '${Version}' doceph")).startsWith("99.0");
    assertThat(host.mainPid("doceph")).isNotIn(before, "0");
    assertThat(host.isWriting("db")).isTrue();
    machine.sh("docker restart -t 1 db");
    host.awaitRunning("db", SOON);
    assertThat(host.isWriting("db")).isTrue();
  }

  @Test
  void aDaemonThatWasTooOldIsStartedByTheNextPackage() {
    // Given a daemon that has found the state of a newer version
    machine.sh(
        """
        cp -p /var/lib/doceph/format.json /root/
        echo '{"version":99}' > /var/lib/doceph/format.json
        systemctl restart doceph || true
        """);
    assertThat(host.isActive("doceph")).isFalse();

    // When a version is installed that knows it
    machine.sh("mv /root/format.json /var/lib/doceph/");
    host.install(Packages.ofTheExecutable());

    // Then it runs again
    assertThat(host.isActive("doceph")).isTrue();
    assertThat(host.mainPid("doceph")).isNotEqualTo("0");
  }

  @Test
  void systemdBringsACrashedDocephBack() {
    host.startWriter("db");
    String before = host.mainPid("doceph");

    machine.sh("kill -9 " + before);

    Await.until(
        "another doceph runs",
        SOON,
        () -> !List.of(before, "0").contains(host.mainPid("doceph")) && host.isActive("doceph"));
    assertThat(host.isWriting("db")).isTrue();
    assertThat(machine.sh("docker volume ls -q")).isEqualTo("db");
  }

  @Test
  void aCrashOfDockerdLeavesTheVolumeToTheContainerThatComesBack() {
    host.startWriter("db");
    host.writeSynced("db", "kept");
    String before = host.mainPid("docker");

    machine.sh("kill -9 " + before);

    Await.until(
        "another dockerd runs",
        SOON,
        () -> !List.of(before, "0").contains(host.mainPid("docker")) && host.isActive("docker"));
    host.awaitRunning("db", SOON);
    assertThat(host.exec("db", "cat /data/f")).isEqualTo("kept");
  }

  @Test
  void dockerStartsWithoutDelayWhileCephIsDown() {
    // Given a container on a volume, another without one, and a cluster that is down at boot
    host.startWriter("db");
    machine.sh("docker run -d --name other --restart always bb:1 sleep 1000000");
    CephRig ceph = CephRig.shared();
    machine.cutPower();
    try {
      ceph.stopOsd();
      ceph.stopMon();

      // When the host boots
      machine.boot();

      // Then Docker is there, what needs no volume runs, and no local volume has come about
      Await.until("the other container runs", SOON, () -> host.isRunning("other"));
      print(
          "Ceph down at boot: dockerd from exec to ready",
          host.millisOfStart("docker.service"),
          "ms");
      assertThat(host.isRunning("db")).isFalse();
      assertThat(machine.sh("docker volume ls -q -f driver=local")).isEmpty();
    } finally {
      ceph.ensureUp();
    }

    // And when the cluster is back, so is the container
    host.awaitRunning("db", Duration.ofSeconds(150));
  }

  @Test
  void systemdFindsNothingWrongWithTheUnits() {
    Command.Result verified =
        machine.run("sh", "-c", "systemd-analyze verify --man=no /usr/lib/systemd/system/doceph*");

    assertThat(verified.exit()).isZero();
    assertThat(verified.out() + verified.err()).doesNotContain("doceph");
    String rated = machine.sh("systemd-analyze security --offline=yes doceph.service | tail -n 1");
    assertThat(rated).contains("Overall exposure level for doceph.service: 6.0");
  }

  @Test
  void dockerdStartsAsFastWithDocephAsWithout() {
    double with = medianStart();
    machine.sh("systemctl mask --now doceph.service doceph.socket 2>/dev/null");
    double without;
    try {
      without = medianStart();
    } finally {
      machine.sh("systemctl unmask doceph.service doceph.socket; systemctl start doceph");
    }
    print("dockerd's start with doceph minus without", Math.round(with - without), "ms");
    assertThat(with).isPositive();
  }

  private static double medianStart() {
    double[] millis =
        IntStream.range(0, 5)
            .mapToDouble(
                i -> {
                  machine.sh("systemctl reset-failed docker; systemctl restart docker");
                  return host.millisOfStart("docker.service");
                })
            .sorted()
            .toArray();
    return millis[millis.length / 2];
  }

  private static void print(String what, Object value, String unit) {
    System.out.println("figure: " + what + ": " + value + " " + unit);
  }
}
