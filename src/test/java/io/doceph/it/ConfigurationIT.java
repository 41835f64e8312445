package io.doceph.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.doceph.rig.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What an administrator reads when the configuration is wrong. */
class ConfigurationIT {
  private final Bed bed = Bed.make();

  @AfterEach
  void stop() {
    bed.close();
  }

  @Test
  void everyProblemIsOneSentenceWithItsPlace() throws IOException {
    Path file =
        Files.writeString(
            bed.path("application.properties"),
            """
            # our storage
            doceph.sokcet=/run/x.sock
            doceph.scope=local
            doceph.vfs.pth=/srv
            """);

    Command.Result result = bed.refusedServe("DOCEPH_CONFIG", file.toString());

    assertThat(result.exit()).isEqualTo(2);
    assertThat(result.err().lines())
        .hasSize(2)
        .allMatch(line -> line.startsWith("doceph: "))
        .anyMatch(line -> line.contains(file + ", line 2") && line.contains("doceph.sokcet"))
        .anyMatch(line -> line.contains(file + ", line 4") && line.contains("doceph.vfs.pth"));
    assertThat(bed.socket()).doesNotExist();
  }

  @Test
  void aCheckSaysWhatAStartWouldSayAndStartsNothing() throws IOException {
    Path file = Files.writeString(bed.path("new.properties"), "doceph.scope = galactic\n");

    SocketIT.refused(
        bed.checkedServe("DOCEPH_CONFIG", file.toString()), 2, "doceph.scope", "galactic");

    Files.writeString(file, "doceph.scope = local\n");
    Command.Result good = bed.checkedServe("DOCEPH_CONFIG", file.toString());
    assertThat(good.exit()).isZero();
    assertThat(good.out() + good.err()).isEmpty();
    assertThat(bed.socket()).doesNotExist();
  }

  @Test
  void aWrongValueIsNamedWithTheAllowedOnes() throws IOException {
    Path file =
        Files.writeString(
            bed.path("application.properties"), "\n\ndoceph.limits.lock-wait = soon\n");

    Command.Result result = bed.refusedServe("DOCEPH_CONFIG", file.toString());

    SocketIT.refused(
        result, 2, file + ", line 3", "doceph.limits.lock-wait", "soon", "allowed:", "500ms");
  }

  @Test
  void aWrongVariableIsNamed() {
    SocketIT.refused(bed.refusedServe("DOCEPH_SCOPE", "galactic"), 2, "doceph.scope", "galactic");
    SocketIT.refused(
        bed.refusedServe("DOCEPH_DEFAULT_SIZE", "big"), 2, "DOCEPH_DEFAULT_SIZE=big", "GiB");
    SocketIT.refused(bed.refusedServe("DOCEPH_NOPE", "1"), 2, "DOCEPH_NOPE");
    SocketIT.refused(
        bed.refusedServe("DOCEPH_BACKENDS", "vfs,zfs"), 2, "doceph.backends", "zfs", "loop");
  }

  @Test
  void aFileThatIsNotThereIsRefused() {
    String missing = bed.path("missing.properties").toString();

    SocketIT.refused(bed.refusedServe("DOCEPH_CONFIG", missing), 2, missing);
  }

  @Test
  void aDirectoryThatCannotBeMadeIsRefused() {
    SocketIT.refused(bed.refusedServe("DOCEPH_STATE_DIR", "/dev/null/state"), 1, "/dev/null/state");
    SocketIT.refused(bed.refusedServe("DOCEPH_SOCKET", "/dev/null/d.sock"), 1, "/dev/null/d.sock");
  }

  @Test
  void faultInjectionIsRefusedOutsideATestBed() {
    SocketIT.refused(
        bed.refusedServe("DOCEPH_FAULT_KILL_AT", "mount-begun"), 1, "kill-at", ".test-bed");
  }
}
