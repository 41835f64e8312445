package io.doceph.backend.rbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.doceph.host.process.Command;
import io.doceph.host.process.CommandClass;
import io.doceph.host.process.CommandFailure;
import io.doceph.host.process.Deadline;
import io.doceph.host.process.ProcessRunner;
import io.doceph.host.process.RunLimits;
import io.doceph.host.process.RunListener;
import io.doceph.volume.VolumeError;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The words and exit codes are those of Ceph 16.2.15's programs and of krbd in Linux 6.1. */
class CephFailuresTest {
  private static final String WHAT = "volume db1 cannot be mapped";
  private static final String CAPS =
      "an administrator runs `ceph auth caps client.docker mon 'profile rbd' osd 'profile rbd"
          + " pool=volumes' mgr 'profile rbd pool=volumes'`";
  private static final String NO_KEYRING_WORDS =
      """
      2026-01-02T03:04:05.678+0000 7ffe -1 auth: unable to find a keyring on /etc/ceph/ceph.client.docker.keyring: (2) No such file or directory
      2026-01-02T03:04:05.678+0000 7ffe -1 AuthRegistry(0x55bf9ec978c8) no keyring found at /etc/ceph/ceph.client.docker.keyring, disabling cephx
      """;
  private static final String WRONG_KEY_WORDS =
      "2026-01-02T03:04:05.678+0000 7ffe -1 monclient(hunting): handle_auth_bad_method server"
          + " allowed_methods [2] but i only support [2]\n";

  /** A program that says this to standard error and exits so. */
  private static CommandFailure failure(int exit, String words) {
    return failure(
        Command.of(Path.of("/bin/sh"), CommandClass.CEPH)
            .arg("-c", "printf '%s\\n' \"$1\" >&2; exit $2", "sh", words, Integer.toString(exit))
            .deadline(Deadline.after(Duration.ofSeconds(30))));
  }

  private static CommandFailure failure(Command command) {
    ProcessRunner runner = new ProcessRunner(RunLimits.defaults(), RunListener.NONE);
    return catchThrowableOfType(CommandFailure.class, () -> runner.run(command));
  }

  private static VolumeError explain(CommandFailure failure) {
    return CephFailures.explain(WHAT, failure, "docker", "volumes");
  }

  static Stream<Arguments> known() {
    return Stream.of(
        Arguments.of(
            6,
            "RBD image feature set mismatch. You can disable features unsupported by the kernel"
                + " with \"rbd feature disable volumes/x2 journaling\".\n"
                + "rbd: map failed: (6) No such device or address",
            VolumeError.Code.FAILED,
            "the image has features that this kernel cannot map; run `rbd feature disable"
                + " volumes/x2 journaling`, or set doceph.rbd.mapper=nbd"),
        Arguments.of(
            2,
            """
            sh: 1: /sbin/modinfo: not found
            sh: 1: /sbin/modprobe: not found
            rbd: failed to load rbd kernel module (127)
            rbd: sysfs write failed
            rbd: map failed: (2) No such file or directory""",
            VolumeError.Code.FAILED,
            "the kernel module rbd cannot be loaded; install the kernel's modules and `modprobe"
                + " rbd`"),
        Arguments.of(
            22,
            """
            sh: 1: /sbin/modprobe: not found
            rbd-nbd: failed to find unused device
            rbd: rbd-nbd failed with error: /usr/bin/rbd-nbd: exit status: 1""",
            VolumeError.Code.FAILED,
            "rbd-nbd cannot be used here; install the package rbd-nbd and `modprobe nbd`"),
        Arguments.of(
            22,
            """
            /usr/bin/rbd-nbd: exec failed: (2) No such file or directory
            rbd: rbd-nbd failed with error: /usr/bin/rbd-nbd: exit status: 1""",
            VolumeError.Code.FAILED,
            "rbd-nbd cannot be used here; install the package rbd-nbd and `modprobe nbd`"),
        Arguments.of(
            2,
            NO_KEYRING_WORDS
                + "rbd: couldn't connect to the cluster!\n"
                + "rbd: listing images failed: (2) No such file or directory",
            VolumeError.Code.FAILED,
            "there is no keyring for the Ceph user docker; put it into"
                + " /etc/ceph/ceph.client.docker.keyring, readable by root alone"),
        Arguments.of(
            1,
            NO_KEYRING_WORDS + "failed to fetch mon config (--no-mon-config to skip)",
            VolumeError.Code.FAILED,
            "there is no keyring for the Ceph user docker"),
        Arguments.of(
            1,
            "global_init: unable to open config file from search list /etc/ceph/ceph.conf",
            VolumeError.Code.FAILED,
            "Ceph's configuration file is not there or cannot be read; copy it from a monitor's"
                + " host, or set doceph.rbd.conf"),
        Arguments.of(
            1,
            "Error initializing cluster client: ObjectNotFound('RADOS object not found (error"
                + " calling conf_read_file)')",
            VolumeError.Code.FAILED,
            "Ceph's configuration file is not there or cannot be read"),
        Arguments.of(
            2,
            "rbd: error opening pool 'volumes': (2) No such file or directory",
            VolumeError.Code.FAILED,
            "there is no pool volumes; an administrator makes it: `ceph osd pool create volumes`,"
                + " then `rbd pool init volumes`"),
        Arguments.of(
            1,
            "error opening pool volumes: (2) No such file or directory",
            VolumeError.Code.FAILED,
            "there is no pool volumes"),
        Arguments.of(
            2,
            "2026-01-02T03:04:05.678+0000 7ffe -1 librbd::image::CreateRequest: 0x55b8"
                + " validate_data_pool: data pool nodata does not exist\n"
                + "rbd: create error: (2) No such file or directory",
            VolumeError.Code.FAILED,
            "there is no pool nodata; an administrator makes it: `ceph osd pool create nodata`"),
        Arguments.of(
            2,
            "rbd: namespace 'team9' does not exist.",
            VolumeError.Code.FAILED,
            "there is no namespace team9 in the pool volumes; an administrator makes it: `rbd"
                + " namespace create volumes/team9`"),
        Arguments.of(
            13,
            WRONG_KEY_WORDS
                + "rbd: couldn't connect to the cluster!\n"
                + "rbd: listing images failed: (13) Permission denied",
            VolumeError.Code.FAILED,
            "the cluster does not accept the key of the Ceph user docker; put the right one into its"
                + " keyring (`ceph auth get client.docker` prints it)"),
        Arguments.of(
            1,
            WRONG_KEY_WORDS + "failed to fetch mon config (--no-mon-config to skip)",
            VolumeError.Code.FAILED,
            "the cluster does not accept the key of the Ceph user docker"),
        Arguments.of(
            1, "rbd: create error: (1) Operation not permitted", VolumeError.Code.FAILED, CAPS),
        Arguments.of(
            1,
            "error getting omap keys volumes/doceph.index: (1) Operation not permitted",
            VolumeError.Code.FAILED,
            CAPS),
        Arguments.of(13, "Error EACCES: access denied", VolumeError.Code.FAILED, CAPS),
        Arguments.of(
            28,
            "rbd: create error: (28) No space left on device",
            VolumeError.Code.FAILED,
            "the pool volumes is full; remove what is not needed, empty the trash"),
        Arguments.of(
            122,
            "rbd: create error: (122) Disk quota exceeded",
            VolumeError.Code.FAILED,
            "the pool volumes is full"),
        Arguments.of(
            110,
            "rbd: couldn't connect to the cluster!\n"
                + "rbd: listing images failed: (110) Connection timed out",
            VolumeError.Code.UNAVAILABLE,
            "the Ceph cluster does not answer"),
        Arguments.of(
            108,
            "rbd: error opening image x: (108) Cannot send after transport endpoint shutdown",
            VolumeError.Code.UNAVAILABLE,
            "the cluster has cut this client off (blocklisted); `ceph osd blocklist ls` shows it"));
  }

  @ParameterizedTest
  @MethodSource("known")
  void aKnownFailureIsToldInOneSentenceWithWhatToDo(
      int exit, String words, VolumeError.Code code, String sentence) {
    CommandFailure failure = failure(exit, words);

    VolumeError told = explain(failure);

    assertThat(told.code()).isEqualTo(code);
    assertThat(told).hasMessageStartingWith(WHAT + ": ").hasMessageContaining(sentence);
    assertThat(told.getMessage()).doesNotContain("\n", "0x55", "7ffe");
    assertThat(told.getCause()).isSameAs(failure);
    assertThat(CephFailures.isNoImage(failure)).isFalse();
  }

  static Stream<Arguments> own() {
    return Stream.of(
        Arguments.of(17, "rbd: create error: (17) File exists"),
        Arguments.of(16, "rbd: error: image still has watchers"),
        Arguments.of(16, "rbd: sysfs write failed\nrbd: map failed: (16) Device or resource busy"),
        Arguments.of(
            39,
            "rbd: image has snapshots - these must be deleted with 'rbd snap purge' before the"
                + " image can be removed."),
        Arguments.of(22, "rbd: shrinking an image is only allowed with the --allow-shrink flag"),
        Arguments.of(30, "rbd: map failed: (30) Read-only file system"));
  }

  @ParameterizedTest
  @MethodSource("own")
  void anyOtherFailureIsToldInTheProgramsOwnWords(int exit, String words) {
    CommandFailure failure = failure(exit, words);

    VolumeError told = explain(failure);

    assertThat(told.code()).isEqualTo(VolumeError.Code.FAILED);
    assertThat(told)
        .hasMessageStartingWith(WHAT + ": ")
        .hasMessageEndingWith(words.replace("\n", "; "));
    assertThat(Cluster.exited(told, exit)).isTrue();
    assertThat(CephFailures.isNoImage(failure)).isFalse();
  }

  @Test
  void anImageThatIsNotThereIsToldFromAllElseThatIsNotThere() {
    assertThat(
            CephFailures.isNoImage(
                failure(2, "rbd: error opening image nope: (2) No such file or directory")))
        .isTrue();
    assertThat(
            CephFailures.isNoImage(
                failure(
                    2, "failed to get metadata nokey of image : (2) No such file or directory")))
        .isTrue();
    assertThat(CephFailures.isNoImage(failure(1, "rbd: error opening image nope: (2)"))).isFalse();
  }

  @Test
  void aMissingKernelModuleIsToldFromAMissingImage() {
    assertThat(
            CephFailures.isWithoutKrbd(
                failure(2, "rbd: failed to load rbd kernel module (127)\nrbd: map failed: (2)")))
        .isTrue();
    assertThat(
            CephFailures.isWithoutKrbd(
                failure(2, "rbd: error opening image nope: (2) No such file or directory")))
        .isFalse();
  }

  @Test
  void aProgramThatDoesNotEndIsASilentCluster() {
    CommandFailure failure =
        failure(
            Command.of(Path.of("/bin/sleep"), CommandClass.CEPH)
                .arg("60")
                .deadline(Deadline.after(Duration.ofMillis(50))));

    VolumeError told = explain(failure);

    assertThat(failure.kind()).isEqualTo(CommandFailure.Kind.TIMEOUT);
    assertThat(told.code()).isEqualTo(VolumeError.Code.UNAVAILABLE);
    assertThat(told)
        .hasMessageStartingWith(WHAT + ": the Ceph cluster does not answer (sleep had not ended")
        .hasMessageContaining("`ceph status`");
  }

  @Test
  void aProgramThatIsNotThereIsUnavailable() {
    CommandFailure failure =
        failure(
            Command.of(Path.of("/usr/bin/no-such-rbd"), CommandClass.CEPH)
                .deadline(Deadline.after(Duration.ofSeconds(30))));

    assertThat(failure.kind()).isEqualTo(CommandFailure.Kind.NOT_STARTED);
    assertThat(explain(failure).code()).isEqualTo(VolumeError.Code.UNAVAILABLE);
  }
}
