package io.doceph.backend.rbd;

import static org.assertj.core.api.Assertions.assertThat;

import io.doceph.rig.Await;
import io.doceph.volume.Attachment;
import io.doceph.volume.Finding;
import io.doceph.volume.Found;
import io.doceph.volume.Volume;
import io.doceph.volume.Volume.Stage;
import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeName;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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

/** Two hosts that make volumes of the same names in one pool. */
@Tag("rig")
@Timeout(120)
class RbdTwoHostsTest {
  private static final String ONE = "host-1";
  private static final String OTHER = "host-2";

  private final RbdBed bed;
  private final RbdBackend one;
  private final RbdBackend other;

  RbdTwoHostsTest(@TempDir Path directory) {
    bed = new RbdBed(directory);
    one = bed.backend(ONE);
    other = bed.backend(OTHER);
  }

  @AfterEach
  void nothingIsLeftMapped() {
    bed.clear();
  }

  /** What a host got: its volume, or why not. */
  private record Outcome(Volume volume, Optional<VolumeError> refusal) {}

  /** Makes a volume as the service would, the last step at the same time as another host. */
  private static Outcome race(RbdBackend backend, String host, String name, CyclicBarrier start)
      throws Exception {
    Volume volume = RbdBed.reserved(backend, host, name, Map.of());
    assertThat(backend.reserve(volume, RbdBed.soon())).isTrue();
    backend.createData(volume, RbdBed.soon());
    backend.describe(volume.at(Stage.CREATED), RbdBed.soon());
    start.await(60, TimeUnit.SECONDS);
    try {
      backend.describe(volume.at(Stage.READY), RbdBed.soon());
      return new Outcome(volume.at(Stage.READY), Optional.empty());
    } catch (VolumeError e) {
      backend.removeData(volume.at(Stage.CREATED), RbdBed.soon());
      backend.forget(volume.name(), RbdBed.soon());
      return new Outcome(volume, Optional.of(e));
    }
  }

  @Test
  void ofTwoHostsThatMakeTheSameNameAtOnceOneHasIt() throws Exception {
    CyclicBarrier start = new CyclicBarrier(2);
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      for (int round = 1; round <= 4; round++) {
        String name = "volume-" + round;
        Future<Outcome> first = threads.submit(() -> race(one, ONE, name, start));
        Future<Outcome> second = threads.submit(() -> race(other, OTHER, name, start));

        List<Outcome> outcomes = List.of(first.get(), second.get());

        assertThat(outcomes).filteredOn(o -> o.refusal().isEmpty()).hasSize(1);
        assertThat(outcomes.stream().flatMap(o -> o.refusal().stream()))
            .singleElement()
            .satisfies(e -> assertThat(e.code()).isEqualTo(VolumeError.Code.CONFLICT))
            .satisfies(e -> assertThat(e).hasMessageContaining(name));
        Volume won =
            outcomes.stream().filter(o -> o.refusal().isEmpty()).findFirst().orElseThrow().volume();
        for (RbdBackend backend : List.of(one, other)) {
          assertThat(backend.find(won.name(), RbdBed.soon())).contains(Found.of(won));
        }
      }
    }
    List<String> all = List.of("volume-1", "volume-2", "volume-3", "volume-4");
    assertThat(bed.images(RbdBed.VOLUMES)).isEqualTo(all);
    assertThat(bed.keys(RbdBed.VOLUMES)).isEqualTo(all);
  }

  @Test
  void whatAnotherHostIsMakingIsNotTouched() {
    // Given an image that the other host has begun and left
    Volume begun = RbdBed.reserved(other, OTHER, "volume", Map.of());
    assertThat(other.reserve(begun, RbdBed.soon())).isTrue();
    other.createData(begun, RbdBed.soon());
    // Its claim on the name ends by itself some minutes after its death; not waited for here.
    Await.until(
        "the name is claimed",
        Duration.ofSeconds(20),
        () -> bed.ceph().rados("-p", "volumes", "rm", "doceph.name.volume").exit() == 0);
    String leftover = Image.freshName(OTHER, begun.name());

    // When this host makes a volume of that name, and examines and repairs
    Volume made = RbdBed.made(one, ONE, "volume", Map.of());
    List<Finding> findings = one.examine(true, Set.of(), RbdBed.soon());

    // Then it is named, and there
    assertThat(findings)
        .anySatisfy(
            f -> {
              assertThat(f.name()).isEqualTo("image volumes/" + leftover);
              assertThat(f.level()).isEqualTo(Finding.Level.WARNING);
              assertThat(f.remedy()).contains("rbd rm volumes/" + leftover);
            });
    assertThat(bed.images(RbdBed.VOLUMES)).containsExactly(leftover, "volume");

    // And the other host undoes what is its own, and nothing else
    RbdBackend restarted = bed.backend(OTHER);
    Volume found = restarted.find(begun.name(), RbdBed.soon()).map(Found::volume).orElseThrow();
    assertThat(found).isEqualTo(begun);
    restarted.removeData(found, RbdBed.soon());
    restarted.forget(found.name(), RbdBed.soon());
    assertThat(bed.images(RbdBed.VOLUMES)).containsExactly("volume");
    assertThat(restarted.find(begun.name(), RbdBed.soon())).contains(Found.of(made));
    assertThat(restarted.list(RbdBed.soon())).containsExactly(Found.of(made));
  }

  @Test
  void whatThisHostLeftIsTakenAwayByRepair() {
    Volume begun = RbdBed.reserved(one, ONE, "volume", Map.of());
    assertThat(one.reserve(begun, RbdBed.soon())).isTrue();
    one.createData(begun, RbdBed.soon());
    one.forget(begun.name(), RbdBed.soon()); // as if its state directory had been lost

    assertThat(one.examine(true, Set.of(begun.name()), RbdBed.soon()))
        .noneMatch(f -> f.name().startsWith("image "));
    assertThat(bed.images(RbdBed.VOLUMES)).as("busy").hasSize(1);
    assertThat(one.examine(true, Set.of(), RbdBed.soon()))
        .anyMatch(f -> f.name().startsWith("image ") && f.detail().contains("removed"));

    assertThat(bed.images(RbdBed.VOLUMES)).isEmpty();
  }

  @Test
  void aVolumeThatGotItsNameBeforeTheHostDiedIsFinished() {
    Volume begun = RbdBed.reserved(one, ONE, "volume", Map.of());
    assertThat(one.reserve(begun, RbdBed.soon())).isTrue();
    one.createData(begun, RbdBed.soon());
    one.describe(begun.at(Stage.CREATED), RbdBed.soon());
    String fresh = "volumes/" + Image.freshName(ONE, begun.name());
    Await.until(
        "its description is in the image",
        Duration.ofSeconds(30),
        () -> bed.ceph().rbd("image-meta", "get", fresh, ImageJson.META).exit() == 0);
    bed.ceph().rbd("rename", fresh, "volumes/volume").succeeded();
    assertThat(bed.keys(RbdBed.VOLUMES)).isEmpty();

    RbdBackend restarted = bed.backend(ONE);

    Found ready = Found.of(begun.at(Stage.READY));
    assertThat(restarted.find(begun.name(), RbdBed.soon())).contains(ready);
    assertThat(bed.keys(RbdBed.VOLUMES)).containsExactly("volume");
    assertThat(other.list(RbdBed.soon())).containsExactly(ready);
  }

  @Test
  void theIndexIsWrittenAnewFromTheImagesAndOthersImagesAreNotVolumes() {
    // Given two volumes and an image of somebody else's, and an index that is lost
    Volume lost = RbdBed.made(one, ONE, "lost", Map.of());
    Volume inTeam = RbdBed.made(one, ONE, "in-team", Map.of("namespace", "team1"));
    bed.ceph().rbd("create", "--size", "8M", "volumes/volume-of-cinder").succeeded();
    assertThat(one.list(RbdBed.soon())).hasSize(2);
    bed.ceph().rados("-p", "volumes", "rm", Index.OBJECT).succeeded();
    bed.ceph().rados("-p", "volumes", "-N", "team1", "rm", Index.OBJECT).succeeded();
    assertThat(other.list(RbdBed.soon())).isEmpty();

    assertThat(other.examine(false, Set.of(), RbdBed.soon()))
        .extracting(Finding::name)
        .contains("volume lost", "volume in-team")
        .doesNotContain("volume volume-of-cinder");
    List<Finding> mended = other.examine(true, Set.of(), RbdBed.soon());

    assertThat(mended).extracting(Finding::name).contains("volume lost", "volume in-team");
    assertThat(one.list(RbdBed.soon())).containsExactlyInAnyOrder(Found.of(lost), Found.of(inTeam));
    assertThat(other.examine(false, Set.of(), RbdBed.soon()))
        .filteredOn(f -> !f.name().equals("ceph user nocaps")) // who has no right to anything
        .allMatch(f -> f.level() == Finding.Level.OK);
    assertThat(bed.images(RbdBed.VOLUMES)).containsExactly("lost", "volume-of-cinder");
  }

  @Test
  void aVolumeThatOneHostHasMappedIsRefusedOnTheOtherWithTheFirstOnesName() {
    Volume volume = RbdBed.made(one, ONE, "volume", Map.of());
    Attachment device = one.attach(volume, RbdBed.soon());
    assertThat(other.list(RbdBed.soon())).hasSize(1);
    VolumeName name = volume.name();
    Await.until(
        "the other host is told who writes",
        Duration.ofSeconds(30),
        () -> {
          assertThat(other.list(RbdBed.soon())).hasSize(1);
          return other.writersElsewhere().containsKey(name);
        });

    try {
      Attachment unexpected = other.attach(volume, RbdBed.soon());
      throw new AssertionError("mapped twice: " + unexpected);
    } catch (VolumeError e) {
      assertThat(e.code()).isEqualTo(VolumeError.Code.IN_USE);
      assertThat(e)
          .hasMessageContaining("name-of-host-1")
          .hasMessageContaining("doceph who volume");
    }
    assertThat(other.attached(RbdBed.soon())).isEmpty();

    one.detach(name, device, RbdBed.soon());
    Attachment next = other.attach(volume, RbdBed.soon());
    assertThat(other.attached(RbdBed.soon())).containsEntry(name, next.path());
    other.detach(name, next, RbdBed.soon());
    assertThat(bed.keys(RbdBed.VOLUMES)).containsExactly("volume");
  }
}
