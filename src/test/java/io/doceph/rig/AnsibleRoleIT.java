package io.doceph.rig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * The Ansible role, from a fresh host to one that has been set up and changed: a booted machine, on
 * which each story begins where the one before ended.
 */
@Tag("rig")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class AnsibleRoleIT {
  private static final String TIMER = "doceph-restart-containers.timer";

  private static BootedMachine machine;
  private static Playbook playbook;
  private static CephRig ceph;
  private static String local;

  @BeforeAll
  static void boot() throws IOException {
    assumeTrue("root".equals(System.getProperty("user.name")), "the rig needs root");
    assumeTrue(Packages.canBeBuilt(), "packages are made of the native executable");
    ceph = CephRig.shared();
    machine = BootedMachine.up(ceph.directory());
    Path scratch = Files.createDirectory(machine.directory().resolve("ansible"));
    playbook = new Playbook(machine, scratch);
    local =
        """
        doceph_package_file: %s
        doceph_docker_package: docker.io
        doceph_config:
          doceph.backend: vfs
          doceph.backends: [vfs, loop]
          doceph.management: off
        """
            .formatted(Packages.ofTheExecutable().deb());
    // Docker is to be started by the role, and the machine's lists of packages are as new as it is.
    machine.sh("systemctl disable --now docker.service docker.socket containerd.service");
    machine.sh("mkdir -p /var/lib/apt/lists/partial && touch /var/lib/apt/lists");
  }

  @AfterAll
  static void end() {
    if (machine != null) {
      machine.close();
    }
  }

  @Test
  @Order(1)
  void checkModeOnAFreshHostSaysWhatItWouldDoAndDoesNothing() {
    Playbook.Run run = playbook.run(local, "--check", "--diff");

    assertThat(run.changed()).isPositive();
    assertThat(run.output())
        .contains("would be installed", "+doceph.backends = vfs,loop", "+doceph.management = off");
    assertThat(
            machine.sh("ls -d /usr/bin/doceph /etc/doceph /var/cache/doceph 2>/dev/null || true"))
        .isEmpty();
    assertThat(isActive("docker")).isFalse();
  }

  @Test
  @Order(2)
  void oneRunMakesAHostWithVolumesAndTheNextChangesNothing() {
    // When
    assertThat(playbook.run(local).changed()).isPositive();

    // Then there are volumes, and doceph was there before Docker, now and at the next boot
    assertThat(machine.sh("docker volume create -d doceph v1")).isEqualTo("v1");
    assertThat(machine.sh("docker volume inspect -f '{{.Driver}}' v1")).isEqualTo("doceph");
    assertThat(startOf("doceph.socket")).isLessThan(startOf("docker.service"));
    assertThat(startOf("doceph.service")).isLessThan(startOf("docker.service"));
    assertThat(machine.sh("systemctl is-enabled doceph.socket doceph.service docker.service"))
        .isEqualTo("enabled\nenabled\nenabled");

    // And containers whose volumes could not be mounted are started
    assertThat(isEnabled(TIMER)).isTrue();
    assertThat(isActive(TIMER)).isTrue();

    // And there is nothing left to do
    String before = mainPid("doceph") + mainPid("docker");
    assertThat(playbook.run(local).changed()).isZero();
    assertThat(playbook.run(local, "--check", "--diff").changed()).isZero();
    assertThat(mainPid("doceph") + mainPid("docker")).isEqualTo(before);
  }

  @Test
  @Order(3)
  void aValueThatTheDaemonRefusesStaysOffTheHost() {
    String before = mainPid("doceph") + machine.sh("cat /etc/doceph/application.properties");

    Playbook.Run run = playbook.run(local + "  doceph.default-size: lots\n");

    assertThat(run.exit()).isNotZero();
    assertThat(run.output()).contains("wrong value for doceph.default-size: 'lots' is not a size");
    assertThat(mainPid("doceph") + machine.sh("cat /etc/doceph/application.properties"))
        .isEqualTo(before);

    // And a key that there is not is not even sent
    Playbook.Run unknown = playbook.run(local + "  doceph.vfs.pth: /srv\n");
    assertThat(unknown.exit()).isNotZero();
    assertThat(unknown.output())
        .contains("doceph.vfs.pth")
        .doesNotContain("TASK [doceph : Install");
  }

  @Test
  @Order(4)
  void anInstanceComesAndGoesAndOnlyWhatHasChangedIsRestarted() {
    // Given the host, and Docker as it runs
    String doceph = mainPid("doceph");
    String docker = mainPid("docker");
    String instance =
        """
        doceph_instances:
          - name: ssd
            config: {doceph.backend: vfs, doceph.backends: vfs, doceph.socket-mode: "0660"}
        """;

    // When an instance is added
    assertThat(playbook.run(local + instance).changed()).isPositive();

    // Then it is a driver of its own, and the others have gone on
    machine.sh("docker volume create -d doceph-ssd s1");
    assertThat(machine.sh("ls /var/lib/doceph-ssd/vfs")).isEqualTo("s1");
    assertThat(machine.sh("stat -c %a /run/docker/plugins/doceph-ssd.sock")).isEqualTo("660");
    assertThat(mainPid("doceph")).isEqualTo(doceph);

    // When another key of the first daemon changes, and the instance is to go while it is used
    String ssd = mainPid("doceph@ssd");
    machine.sh("doceph --socket /run/docker/plugins/doceph-ssd.sock mount s1");
    String gone = "doceph_instances: [{name: ssd, state: absent}]\n";
    Playbook.Run held = playbook.run(local + "  doceph.default-size: 2GiB\n" + gone);

    // Then the first daemon alone begins anew, and the instance stays
    assertThat(mainPid("doceph")).isNotEqualTo(doceph);
    assertThat(mainPid("doceph@ssd")).isEqualTo(ssd);
    assertThat(mainPid("docker")).isEqualTo(docker);
    assertThat(held.exit()).isNotZero();
    assertThat(held.output()).contains("The instance ssd stays: s1 of it is held");
    assertThat(isActive("doceph@ssd")).isTrue();

    // And afterwards it goes, and leaves its volumes; the timer goes when it is not wanted
    machine.sh("doceph --socket /run/docker/plugins/doceph-ssd.sock umount s1");
    String without = gone + "doceph_restart_containers: false\n";
    assertThat(playbook.run(local + without).changed()).isPositive();
    assertThat(isActive("doceph@ssd.socket")).isFalse();
    assertThat(machine.sh("ls /run/docker/plugins /etc/doceph")).doesNotContain("ssd");
    assertThat(machine.sh("ls /var/lib/doceph-ssd/vfs")).isEqualTo("s1");
    assertThat(isEnabled(TIMER)).isFalse();
    assertThat(isActive(TIMER)).isFalse();
    assertThat(playbook.run(local + without).changed()).isZero();
  }

  @Test
  @Order(5)
  void whatWasAcceptedIsInForceThoughAnotherDaemonsFileIsRefused() {
    // Given an instance beside the first daemon
    String instance =
        """
        doceph_instances:
          - name: ssd
            config:
              doceph.backend: vfs
              doceph.backends: vfs
        """;
    assertThat(playbook.run(local + instance).changed()).isPositive();
    String doceph = mainPid("doceph");
    String ssd = mainPid("doceph@ssd") + machine.sh("cat /etc/doceph/ssd.properties");

    // When a good value is for the first, and a wrong one for the instance
    Playbook.Run run =
        playbook.run(
            local
                + "  doceph.default-size: 3GiB\n"
                + instance
                + "      doceph.default-size: lots\n");

    // Then the first has it, and the instance is as it was
    assertThat(run.exit()).isNotZero();
    assertThat(run.output()).contains("wrong value for doceph.default-size: 'lots' is not a size");
    assertThat(mainPid("doceph")).isNotEqualTo(doceph);
    assertThat(isActive("doceph")).isTrue();
    assertThat(machine.sh("cat /etc/doceph/application.properties"))
        .contains("doceph.default-size = 3GiB");
    assertThat(mainPid("doceph@ssd") + machine.sh("cat /etc/doceph/ssd.properties")).isEqualTo(ssd);

    // And the instance goes
    playbook.run(local + "doceph_instances: [{name: ssd, state: absent}]\n").changed();
    assertThat(isActive("doceph@ssd")).isFalse();
  }

  @Test
  @Order(6)
  void theCephUserIsMadeWithTheLeastCapabilitiesAndItsKeyIsNeverPrinted() throws IOException {
    // Given a configuration of the cluster that names no keyring
    Path conf = playbook.directory().resolve("ceph.conf");
    List<String> lines = Files.readAllLines(ceph.conf());
    Files.write(conf, lines.stream().filter(line -> !line.startsWith("keyring")).toList());
    String onCeph =
        """
        doceph_package_file: %s
        doceph_config:
          doceph.management: off
          doceph.rbd.auth-user: rollout
          doceph.rbd.pools: [ssd, volumes/team1]
        doceph_ceph_conf: %s
        doceph_ceph_monitor: monitor
        doceph_ceph_command: ceph --conf %s --id admin
        """
            .formatted(Packages.ofTheExecutable().deb(), conf, ceph.conf());
    String applied = onCeph + "doceph_ceph_apply_caps: true\n";

    // When the capabilities are only to be said
    Playbook.Run said = playbook.run(onCeph, "--check");

    // Then they are those of the documentation
    String pools = "'profile rbd pool=volumes, profile rbd pool=ssd'";
    assertThat(said.changed()).isPositive();
    assertThat(said.output())
        .contains(
            "ceph auth get-or-create client.rollout mon 'profile rbd' osd "
                + pools
                + " mgr "
                + pools);
    assertThat(ceph.ceph("auth", "get", "client.rollout").exit()).isNotZero();

    // When they are to be made
    try {
      Playbook.Run made = playbook.run(applied, "--diff", "-vv");

      // Then doceph works with them, and the key is where it belongs and nowhere else
      assertThat(made.changed()).isPositive();
      String key = ceph.ceph("auth", "print-key", "client.rollout").succeeded().out();
      assertThat(key).isNotEmpty();
      assertThat(made.output()).doesNotContain(key);
      String keyring = "/etc/ceph/ceph.client.rollout.keyring";
      assertThat(machine.sh("stat -c '%a %U %G' " + keyring)).isEqualTo("600 root root");
      assertThat(machine.sh("cat " + keyring)).contains(key);
      assertThat(machine.sh("stat -c '%a %U %G' /etc/ceph/ceph.conf")).isEqualTo("644 root root");
      assertThat(machine.sh("rbd --id rollout ls volumes")).isEmpty();
      Playbook.Run again = playbook.run(applied, "--diff", "-vvv");
      assertThat(again.changed()).isZero();
      assertThat(again.output()).doesNotContain(key);

      // When a pool is missing, it is added
      ceph.ceph(
              "auth",
              "caps",
              "client.rollout",
              "mon",
              "profile rbd",
              "osd",
              "profile rbd pool=volumes",
              "mgr",
              "profile rbd pool=volumes")
          .succeeded();
      Playbook.Run added = playbook.run(applied, "-vvv");
      assertThat(added.changed()).isPositive();
      assertThat(added.output()).doesNotContain(key);
      assertThat(ceph.ceph("auth", "get", "client.rollout").out()).contains("pool=ssd");

      // And capabilities that somebody else may need are left alone
      ceph.ceph("auth", "caps", "client.rollout", "mon", "allow r", "osd", "allow *").succeeded();
      Playbook.Run refused = playbook.run(applied, "-v");
      assertThat(refused.exit()).isNotZero();
      assertThat(refused.output())
          .contains("client.rollout has capabilities that doceph has no use for")
          .doesNotContain(key);
      assertThat(ceph.ceph("auth", "get", "client.rollout").out()).contains("allow *");
    } finally {
      ceph.ceph("auth", "rm", "client.rollout");
    }
  }

  private static boolean isEnabled(String unit) {
    return machine.run("systemctl", "is-enabled", unit).out().equals("enabled");
  }

  private static boolean isActive(String unit) {
    return machine.run("systemctl", "is-active", unit).out().equals("active");
  }

  private static String mainPid(String unit) {
    return machine.sh("systemctl show --value -p MainPID " + unit);
  }

  private static long startOf(String unit) {
    return Long.parseLong(
        machine.sh("systemctl show --value -p ActiveEnterTimestampMonotonic " + unit));
  }
}
