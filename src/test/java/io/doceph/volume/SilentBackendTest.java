package io.doceph.volume;

import static io.doceph.volume.House.await;
import static io.doceph.volume.House.done;
import static io.doceph.volume.House.failure;
import static io.doceph.volume.House.json;
import static io.doceph.volume.House.name;
import static io.doceph.volume.House.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.doceph.host.process.Deadline;
import io.doceph.volume.VolumeError.Code;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Backends that hang, fail, or hold something damaged. */
@Timeout(90)
class SilentBackendTest {
  private final House house;
  private final VolumeName db = name("db");

  SilentBackendTest(@TempDir Path dir) {
    house = new House(dir);
  }

  @AfterEach
  void close() {
    house.close();
  }

  private static VolumeError down() {
    return new VolumeError(Code.UNAVAILABLE, "the cluster is down");
  }

  private VolumeService withVolume(VolumeService.Times times) {
    VolumeService service = house.start(times);
    assertThat(done(service.create(db, null)).state()).isEqualTo("ready");
    return service;
  }

  @Test
  void whatIsKnownIsAnsweredWhileABackendHangs() throws Exception {
    VolumeService service = withVolume(House.CALM);
    MemoryBackend.Hold find = house.memory.hold("find");
    MemoryBackend.Hold list = house.memory.hold("list");
    CompletableFuture<Optional<VolumeView>> unknown = service.find(name("unknown"));
    find.awaitReached();

    assertThat(service.list()).hasSize(1);
    assertThat(service.known(db)).isPresent();
    CompletableFuture<Optional<VolumeView>> known = service.find(db);
    assertThat(known).isCompleted();
    assertThat(service.count()).isEqualTo(1);

    assertThat(unknown).isNotDone();
    find.release();
    assertThat(done(unknown)).isEmpty();
    list.release();
  }

  @Test
  void theStartDoesNotWaitForABackend() {
    MemoryBackend.Hold list = house.memory.hold("list");

    VolumeService service = house.startWithoutWaiting(House.CALM);

    assertThat(service.list()).isEmpty();
    service.activate();
    list.release();
  }

  @Test
  void aBackendThatHangsHidesNoVolumesOfAnother() throws Exception {
    VolumeService first = house.start();
    assertThat(done(first.create(db, json("{'backend': 'other'}"))).state()).isEqualTo("ready");
    first.close();
    MemoryBackend.Hold list = house.memory.hold("list");

    VolumeService service = house.startWithoutWaiting(House.CALM);

    await(() -> service.known(db).isPresent());
    assertThat(done(service.mount(db, "one"))).isDirectory();
    list.release();
  }

  @Test
  void aLookUpThatHangsIsGivenUpAndSaysThatItCannotSay() {
    VolumeService service = withVolume(House.hasty(Duration.ofMillis(500), House.PATIENCE));
    MemoryBackend.Hold find = house.memory.hold("find");

    VolumeError error = failure(service.find(name("unknown")));

    assertThat(error.code()).isEqualTo(Code.UNAVAILABLE);
    assertThat(error).hasMessageContaining("did not answer within");
    find.release();
  }

  @Test
  void manyLookUpsThatHangKeepNoOperationFromRunning() {
    VolumeService service = withVolume(House.CALM);
    MemoryBackend.Hold find = house.memory.hold("find");
    List<CompletableFuture<Optional<VolumeView>>> lookUps = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      lookUps.add(service.find(name("unknown-" + i)));
    }

    assertThat(done(service.mount(db, "one"))).isDirectory();

    find.release();
    for (CompletableFuture<?> lookUp : lookUps) {
      // Those that found no place were told so.
      assertThat(lookUp.handle((v, e) -> e == null ? "none" : e.getMessage()).join())
          .containsAnyOf("none", "doceph looks up too many names");
    }
  }

  @Test
  void whetherAnUnknownVolumeExistsCannotBeSaid() {
    VolumeService service = withVolume(House.CALM);
    house.memory.fail("find", down());

    refused(
        service.find(name("unknown")),
        Code.UNAVAILABLE,
        "whether volume unknown exists cannot be said now, because a backend does not answer (memory: the cluster is down)");
    refused(
        service.create(name("unknown"), json("{'backend': 'other'}")),
        Code.UNAVAILABLE,
        "whether volume unknown exists cannot be said now, because a backend does not answer (memory: the cluster is down)");
    assertThat(failure(service.mount(name("unknown"), "one")).code()).isEqualTo(Code.UNAVAILABLE);
  }

  @Test
  void whatAnotherBackendHasIsFoundAllTheSame() {
    VolumeService first = house.start();
    assertThat(done(first.create(db, json("{'backend': 'other'}"))).state()).isEqualTo("ready");
    first.close();
    house.memory.fail("find", down());
    house.other.fail("list", down());

    VolumeService service = house.start();

    assertThat(service.list()).isEmpty();
    assertThat(done(service.find(db))).isPresent();
    assertThat(service.list()).hasSize(1);
  }

  @Test
  void aBackendThatFailsKeepsWhatIsKnownAndSaysSo() {
    VolumeService service = withVolume(House.restless());
    house.memory.fail("list", down());

    await(() -> service.backendProblem("memory").isPresent());

    assertThat(service.backendProblem("memory")).contains("the cluster is down");
    assertThat(service.list())
        .singleElement()
        .satisfies(v -> assertThat(v.problem()).isEqualTo("the cluster is down"));
    long revision = service.revision();
    house.memory.heal();
    await(() -> service.backendProblem("memory").isEmpty());
    assertThat(service.revision()).isGreaterThan(revision);
  }

  @Test
  void whatAnotherHostMakesAndRemovesIsSeen() {
    VolumeService service = house.start(House.restless());
    Volume theirs = Volumes.reserved("memory", "theirs").at(Volume.Stage.READY);

    house.place.describe(theirs);
    await(() -> service.known(theirs.name()).isPresent());
    house.memory.forget(theirs.name(), Deadline.after(House.PATIENCE));

    await(() -> service.known(theirs.name()).isEmpty());
  }

  @Test
  void aLookUpThatIsOvertakenByARemovalDoesNotBringTheVolumeBack() throws Exception {
    VolumeService service = house.start();
    Volume theirs = Volumes.reserved("memory", "theirs").at(Volume.Stage.READY);
    house.place.describe(theirs);
    MemoryBackend.Hold after = house.memory.hold("found");
    CompletableFuture<Optional<VolumeView>> lookUp = service.find(theirs.name());
    after.awaitReached();
    house.memory.holdNoMore("found");
    done(service.remove(theirs.name()));

    after.release();
    assertThat(done(lookUp)).isPresent(); // it was there when it was looked for

    assertThat(service.known(theirs.name())).isEmpty();
  }

  @Test
  void oneDamagedVolumeNeverBreaksTheList() {
    VolumeService service = withVolume(House.restless());
    VolumeName bad = name("bad");
    assertThat(done(service.create(bad, null)).state()).isEqualTo("ready");

    house.place.damage(bad);

    await(() -> service.known(bad).map(VolumeView::problem).isPresent());
    assertThat(service.list()).hasSize(2);
    assertThat(service.known(bad).orElseThrow().state()).isEqualTo("damaged");
    String sentence = "volume bad cannot be used: its description is damaged: a test did it";
    refused(service.mount(bad, "one"), Code.FAILED, sentence);
    refused(service.create(bad, null), Code.FAILED, sentence);
    refused(service.remove(bad), Code.FAILED, sentence);
    assertThat(done(service.mount(db, "one"))).isDirectory();
  }

  @Test
  void theRevisionTellsWhetherTheListMayHaveChanged() {
    VolumeService service = withVolume(House.CALM);
    long before = service.revision();
    assertThat(service.list()).hasSize(1);
    assertThat(done(service.find(db))).isPresent();
    assertThat(service.revision()).isEqualTo(before);

    assertThat(done(service.mount(db, "one"))).isDirectory();
    long mounted = service.revision();
    done(service.unmount(db, "one"));
    long unmounted = service.revision();
    done(service.forget(db));

    assertThat(mounted).isGreaterThan(before);
    assertThat(unmounted).isGreaterThan(mounted);
    assertThat(service.revision()).isGreaterThan(unmounted);
  }
}
