package io.doceph.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.doceph.rig.Await;
import io.doceph.rig.CephRig;
import io.doceph.rig.Command;
import io.doceph.rig.DocephDaemon;
import io.doceph.rig.PluginClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The daemon is killed after each single program that an operation runs on the cluster, those of
 * administrators included: finer than {@link CutIT}, and without the daemon's help. The next one
 * knows what is true, the same command then succeeds, and no data is lost.
 */
@Tag("rig")
@Timeout(value = 8, unit = TimeUnit.MINUTES)
class CutCommandsIT {
  private static final String DATA = "written before the cut";

  /** How {@code doceph} ends when the daemon does not answer. */
  private static final int UNREACHABLE = 6;

  private static final int MOST = 40;

  private static final Duration BACKGROUND = Duration.ofSeconds(1);

  private CephRig rig;
  private CephBed ceph;
  private DocephDaemon daemon;
  private @Nullable ForeignClient other;

  /** What is done once, before and after each cut, by way of the command line. */
  private interface Story {
    /** Puts the volume into the state that the operation needs. */
    void before();

    /** Insists that the operation, done again after the cut, has had its effect. */
    void after();
  }

  @BeforeEach
  void host() throws IOException {
    assumeTrue(Bed.isRoot(), "the rig needs root");
    rig = CephRig.shared();
    ceph = new CephBed(rig);
    daemon =
        ceph.daemon(
            "DOCEPH_RBD_REMOVE", "trash", "DOCEPH_HOST_NAME", "cut", "DOCEPH_MANAGEMENT", "off");
    daemon.start();
  }

  @AfterEach
  void mend() {
    if (ceph != null) {
      endOther();
      ceph.close();
    }
  }

  private void endOther() {
    if (other != null) {
      other.close();
      rig.ceph("osd", "blocklist", "clear").succeeded();
    }
  }

  @Test
  void aVolumeIsMade() throws IOException {
    cutAfterEach(
        new Story() {
          @Override
          public void before() {
            remove();
          }

          @Override
          public void after() {
            assertThat(names()).as(daemon.log()).containsExactly("v");
            assertThat(mounted()).isEmptyDirectory();
          }
        },
        "create",
        "v");
  }

  @Test
  void aVolumeIsMounted() throws IOException {
    make();
    cutAfterEach(
        new Story() {
          @Override
          public void before() {
            unmount();
          }

          @Override
          public void after() {
            assertHasData();
          }
        },
        "mount",
        "v");
  }

  @Test
  void anImageIsTakenOver() throws IOException {
    make();
    cutAfterEach(
        new Story() {
          @Override
          public void before() {
            disown();
          }

          @Override
          public void after() {
            assertHasData();
          }
        },
        "adopt",
        "volumes/v");
  }

  @Test
  void aRemovedVolumeIsBroughtBack() throws IOException {
    make();
    cutAfterEach(
        new Story() {
          @Override
          public void before() {
            done("delete", "v");
            Await.until("it is in the trash", CephBed.SOON, () -> trashed() == 1);
          }

          @Override
          public void after() {
            assertHasData();
          }
        },
        "trash",
        "restore",
        "v");
  }

  @Test
  void aVolumeIsMadeOneThatIsOnlyRead() throws IOException {
    make();
    cutAfterEach(
        new Story() {
          @Override
          public void before() {
            done("access", "v", "rw");
          }

          @Override
          public void after() {
            assertHasData();
            assertThat(rig.rbd("lock", "ls", "volumes/v").succeeded().out()).isEmpty();
          }
        },
        "access",
        "v",
        "ro");
  }

  @Test
  void aVolumeIsTakenFromAHostThatLives() throws IOException {
    make();
    cutAfterEach(
        new Story() {
          @Override
          public void before() {
            endOther();
            other = ForeignClient.open(ceph, "v");
          }

          @Override
          public void after() {
            assertThat(CephHost.watchers(rig, "v")).isEmpty();
            assertHasData();
          }
        },
        "steal",
        "v",
        "--yes");
  }

  /** For n = 1, 2 and so on, until the operation ends before n programs have run. */
  private void cutAfterEach(Story story, String... command) throws IOException {
    int cuts = 0;
    while (true) {
      story.before();
      daemon.term();
      daemon.start();
      killAfter(cuts + 1);
      Command.Result result = ceph.bed().cli(command);
      if (result.exit() != UNREACHABLE && !diesAfterItsAnswer()) {
        ceph.noTrouble();
        assertThat(result.exit()).as(result.err()).isZero();
        break;
      }
      cuts++;
      assertThat(cuts).as("the operation must come to an end").isLessThan(MOST);
      Await.until("the daemon is dead", CephBed.SOON, () -> !daemon.isAlive());
      ceph.noTrouble();

      daemon.start();
      again(cuts, command);
      story.after();
      unmount();
      assertNothingIsHalfDone(cuts);
    }
    story.after();
    unmount();
    assertThat(cuts).as("the operation must run programs").isPositive();
    System.out.printf("cut after each of %d programs: %s%n", cuts, String.join(" ", command));
    remove();
    endOther();
    ceph.assertNothingIsLeft();
  }

  /** Some programs, such as that which tells other hosts who writes, run on in the background. */
  private boolean diesAfterItsAnswer() {
    long end = System.nanoTime() + BACKGROUND.toNanos();
    while (daemon.isAlive() && System.nanoTime() < end) {
      LockSupport.parkNanos(20_000_000);
    }
    return !daemon.isAlive();
  }

  /** The same command succeeds, now or soon, or says that there is nothing left to do. */
  private void again(int cut, String... command) {
    Await.until(
        () -> "after cut " + cut + " it succeeds: " + ceph.bed().cli(command) + daemon.log(),
        CephBed.SOON,
        () -> {
          Command.Result result = ceph.bed().cli(command);
          return result.exit() == 0
              || result.err().contains("exists already; nothing was changed")
              || (names().contains("v") && result.err().contains("there is no 'v' in the trash"))
              || result.err().contains("it is listed as a volume still, or again");
        });
  }

  private void assertNothingIsHalfDone(int cut) {
    Await.until(
        () -> "after cut " + cut + " nothing is mapped or mounted: " + ceph.mapped() + daemon.log(),
        CephBed.SOON,
        () -> ceph.mapped().isEmpty() && mounts().isEmpty());
    assertThat(ceph.bed().names("state/rbd-unfinished")).isEmpty();
    assertThat(ceph.images())
        .allMatch(image -> image.equals("volumes/v") || image.startsWith("trash "));
  }

  /** What asks for the index or for who is cut off is the listing in the background. */
  private void killAfter(int programs) throws IOException {
    Path count = ceph.bed().path("count");
    Files.writeString(count, "0\n");
    String shell =
        """
        case "$*" in *listomapvals*|*"blocklist ls"*) exec "$real" "$@" ;; esac
        n=$(flock %1$s sh -c 'n=$(($(cat %1$s) + 1)); echo $n >%1$s; echo $n')
        "$real" "$@"
        rc=$?
        [ "$n" != %2$d ] || kill -9 $PPID
        exit $rc
        """
            .formatted(count, programs);
    for (String tool : List.of("rbd", "rados", "ceph")) {
      ceph.trouble(tool, "", shell);
    }
  }

  private Command.Result done(String... command) {
    return ceph.bed().cli(command).succeeded();
  }

  private void make() throws IOException {
    done("create", "v");
    Files.writeString(mounted().resolve("f"), DATA);
    done("umount", "v");
  }

  private void remove() {
    if (names().contains("v")) {
      done("delete", "v");
    }
    Await.until(
        "the trash is empty",
        CephBed.SOON,
        () -> {
          ceph.bed().cli("trash", "purge", "--all", "--yes");
          return trashed() == 0 && ceph.images().isEmpty();
        });
  }

  /** The story's command, the one after the cut and the look at the data may have mounted it. */
  private void unmount() {
    for (int i = 0; i < 3; i++) {
      done("umount", "v");
    }
  }

  /** What stands for the other host's kernel has mounts of its own. */
  private List<String> mounts() {
    Path mine = ceph.bed().path("mnt");
    return ceph.bed().mounts().stream().filter(m -> Path.of(m).startsWith(mine)).toList();
  }

  private Path mounted() {
    return Path.of(done("mount", "v").out());
  }

  private void assertHasData() {
    assertThat(names()).as(daemon.log()).containsExactly("v");
    assertThat(mounted().resolve("f")).hasContent(DATA);
  }

  private List<String> names() {
    try (Plugin plugin = new Plugin(daemon)) {
      return plugin.names();
    }
  }

  private int trashed() {
    return json(done("trash", "list", "--json").out()).path("trash").size();
  }

  private static JsonNode json(String text) {
    return new PluginClient.Answer(0, text, "").json();
  }

  /** An image as others leave it: no description, no entry, and features of long ago. */
  private void disown() {
    rig.rbd("image-meta", "remove", "volumes/v", "doceph").succeeded();
    rig.rados("-p", "volumes", "rmomapkey", "doceph.index", "v").succeeded();
    for (String feature : List.of("fast-diff", "object-map", "exclusive-lock")) {
      rig.rbd("feature", "disable", "volumes/v", feature);
    }
    Await.until("it is no volume", CephBed.SOON, () -> names().isEmpty());
  }
}
