package io.doceph.backend.rbd;

import static org.assertj.core.api.Assertions.assertThat;

import io.doceph.rig.Await;
import io.doceph.rig.CephRig;
import io.doceph.volume.Found;
import io.doceph.volume.Trashed;
import io.doceph.volume.Volume;
import io.doceph.volume.Volume.Stage;
import io.doceph.volume.VolumeError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Removals that two hosts begin at once, and removals that are cut short in the cluster. */
@Tag("rig")
@Timeout(180)
class RbdRemovalsTest {
  private static final String ONE = "host-1";
  private static final String OTHER = "host-2";
  private static final int ROUNDS = 4;

  private static final Duration FORGOTTEN = Duration.ofSeconds(90);

  private final RbdBed bed;
  private final RbdBackend one;

  RbdRemovalsTest(@TempDir Path directory) {
    bed = new RbdBed(directory);
    one = bed.backend(ONE);
  }

  @AfterEach
  void nothingIsLeftMapped() {
    bed.clear();
  }

  /** In the order of the service. */
  private static void remove(RbdBackend backend, Volume volume) {
    Volume going = volume.at(Stage.REMOVING);
    backend.describe(going, RbdBed.soon());
    backend.removeData(going, RbdBed.soon());
    backend.forget(going.name(), RbdBed.soon());
  }

  /** Not while a dead client, as far as the cluster knows, has the image open, or its lock. */
  private static boolean isRemoved(RbdBackend backend, Volume volume) {
    try {
      remove(backend, volume);
      return true;
    } catch (VolumeError e) {
      assertThat(e.code()).isIn(VolumeError.Code.UNAVAILABLE, VolumeError.Code.IN_USE);
      return false;
    }
  }

  private static Optional<VolumeError> race(RbdBackend backend, Volume volume, CyclicBarrier start)
      throws Exception {
    start.await(60, TimeUnit.SECONDS);
    try {
      remove(backend, volume);
      return Optional.empty();
    } catch (VolumeError e) {
      return Optional.of(e);
    }
  }

  @Test
  void ofTwoHostsThatRemoveAVolumeAtOnceNeitherLosesIt() throws Exception {
    RbdBackend other = bed.backend(OTHER);
    CyclicBarrier start = new CyclicBarrier(2);
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      for (int round = 1; round <= ROUNDS; round++) {
        Volume volume = RbdBed.made(one, ONE, "volume-" + round, Map.of());
        assertThat(other.find(volume.name(), RbdBed.soon())).isPresent();

        Future<Optional<VolumeError>> first = threads.submit(() -> race(one, volume, start));
        Future<Optional<VolumeError>> second = threads.submit(() -> race(other, volume, start));
        List<VolumeError> refusals = new ArrayList<>();
        first.get().ifPresent(refusals::add);
        second.get().ifPresent(refusals::add);

        // One of them may have met the other half-way, and succeeds when it tries again
        assertThat(refusals).hasSizeLessThan(2);
        if (!refusals.isEmpty()) {
          remove(one, volume);
          remove(other, volume);
        }
      }
    }
    // Then all are in the trash, each once, and each can be brought back
    assertThat(bed.images(RbdBed.VOLUMES)).isEmpty();
    assertThat(bed.keys(RbdBed.VOLUMES)).hasSize(ROUNDS).allMatch(k -> k.startsWith("/trash/"));
    assertThat(other.list(RbdBed.soon())).isEmpty();
    List<Trashed> trash = other.trash();
    assertThat(trash).hasSize(ROUNDS);
    for (Trashed each : trash) {
      Volume back = other.restore(each, each.name(), RbdBed.soon());
      assertThat(other.find(each.name(), RbdBed.soon())).contains(Found.of(back));
    }
    assertThat(bed.images(RbdBed.VOLUMES)).hasSize(ROUNDS);
  }

  /** The delays cover the steps of a trash move, which takes some 100 ms. */
  @ParameterizedTest
  @ValueSource(strings = {"0.04", "0.06", "0.08", "0.1", "0.12", "0.15"})
  void aMoveIntoTheTrashThatWasKilledIsFinishedOrUndoneByTheNextOne(String after)
      throws IOException {
    // Given a host whose rbd is killed in the middle of its first move into the trash
    Path directory = bed.host(ONE);
    Path real = CephRig.shared().shim(directory);
    Path once = directory.resolve("killed");
    Path killed = directory.resolve("rbd-killed");
    Files.writeString(
        killed,
        """
        #!/bin/sh
        case "$*" in
          *"trash mv"*) [ -e %2$s ] || { touch %2$s; exec timeout -s KILL %3$s %1$s "$@"; } ;;
        esac
        exec %1$s "$@"
        """
            .formatted(real, once, after));
    assertThat(killed.toFile().setExecutable(true)).isTrue();
    RbdBackend host = bed.backend(ONE, killed);
    Volume volume = RbdBed.made(host, ONE, "volume", Map.of());
    try {
      remove(host, volume);
    } catch (VolumeError e) {
      assertThat(once).as("it is the kill that failed it").exists();
    }

    // When it, restarted, removes it again, until the cluster has forgotten who was killed
    RbdBackend restarted = bed.backend(ONE);
    assertThat(restarted.list(RbdBed.soon())).hasSizeLessThan(2);
    Await.until("it is removed", FORGOTTEN, () -> isRemoved(restarted, volume));

    // Then it is in the trash, once, and can be brought back
    assertThat(restarted.list(RbdBed.soon())).isEmpty();
    assertThat(bed.images(RbdBed.VOLUMES)).isEmpty();
    assertThat(restarted.trash()).hasSize(1);
    Volume back = restarted.restore(restarted.trash().getFirst(), volume.name(), RbdBed.soon());
    assertThat(restarted.find(volume.name(), RbdBed.soon())).contains(Found.of(back));
    assertThat(bed.images(RbdBed.VOLUMES)).containsExactly("volume");
    assertThat(bed.keys(RbdBed.VOLUMES)).containsExactly("volume");
  }
}
