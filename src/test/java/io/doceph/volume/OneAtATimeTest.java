package io.doceph.volume;

import static io.doceph.volume.House.await;
import static io.doceph.volume.House.done;
import static io.doceph.volume.House.failure;
import static io.doceph.volume.House.json;
import static io.doceph.volume.House.name;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.doceph.host.process.StuckCommand;
import io.doceph.volume.VolumeError.Code;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Locks, joins, deadlines, and commands that do not end. */
@Timeout(90)
class OneAtATimeTest {
  private static final Duration SHORT = Duration.ofMillis(200);

  private final House house;
  private final VolumeName db = name("db");
  private final VolumeName other = name("other");

  OneAtATimeTest(@TempDir Path dir) {
    house = new House(dir);
  }

  @AfterEach
  void close() {
    house.close();
  }

  private VolumeService withVolumes(VolumeService.Times times) {
    VolumeService service = house.start(times);
    assertThat(done(service.create(db, null)).state()).isEqualTo("ready");
    assertThat(done(service.create(other, null)).state()).isEqualTo("ready");
    return service;
  }

  @Test
  void theSameCallTwiceRunsOnce() throws Exception {
    VolumeService service = house.start();
    MemoryBackend.Hold hold = house.memory.hold("createData");
    CompletableFuture<VolumeView> first = service.create(db, json("{'size': 2}"));
    hold.awaitReached();

    CompletableFuture<VolumeView> second = service.create(db, json("{'size': 2}"));
    hold.release();

    assertThat(done(second)).isEqualTo(done(first));
    assertThat(house.memory.calls("reserve")).isEqualTo(1);
    assertThat(house.memory.calls("createData")).isEqualTo(1);
    // To reserve the name says whether it is taken: the backend is not asked beforehand.
    assertThat(house.memory.calls("find")).isZero();
  }

  @Test
  void callsWithDifferentArgumentsRunOneAfterAnother() throws Exception {
    VolumeService service = withVolumes(House.CALM);
    MemoryBackend.Hold hold = house.memory.hold("attach");
    CompletableFuture<Path> first = service.mount(db, "one");
    hold.awaitReached();
    CompletableFuture<Path> second = service.mount(db, "two");
    CompletableFuture<Void> remove = service.remove(db);

    hold.release();

    assertThat(done(first)).isEqualTo(done(second));
    assertThat(service.known(db).orElseThrow().holders()).containsOnlyKeys("one", "two");
    assertThat(failure(remove).code()).isEqualTo(Code.IN_USE);
  }

  @Test
  void aCallThatWaitedTooLongIsToldWhatRuns() throws Exception {
    VolumeService service = withVolumes(House.hasty(House.PATIENCE, SHORT));
    MemoryBackend.Hold hold = house.memory.hold("removeData");
    CompletableFuture<Void> remove = service.remove(db);
    hold.awaitReached();

    VolumeError refusal = failure(service.mount(db, "one"));

    assertThat(refusal.code()).isEqualTo(Code.BUSY);
    assertThat(refusal)
        .message()
        .matches(
            "volume db is busy: remove has been running for [0-9.]+ s; try again when it has ended");
    assertThat(service.running())
        .singleElement()
        .satisfies(
            r -> {
              assertThat(r.volume()).isEqualTo(db);
              assertThat(r.operation()).isEqualTo("remove");
            });
    hold.release();
    done(remove);
    assertThat(service.running()).isEmpty();
  }

  @Test
  void otherVolumesGoOnMeanwhile() throws Exception {
    VolumeService service = withVolumes(House.CALM);
    MemoryBackend.Hold hold = house.memory.hold("attach:db");
    CompletableFuture<Path> mount = service.mount(db, "one");
    hold.awaitReached();

    assertThat(done(service.mount(other, "two"))).isDirectory();
    assertThat(done(service.create(name("third"), null)).state()).isEqualTo("ready");
    assertThat(service.list()).hasSize(3);
    assertThat(done(service.find(db))).isPresent();

    assertThat(mount).isNotDone();
    hold.release();
    assertThat(done(mount)).isDirectory();
  }

  @Test
  void tooManyOperationsAreRefused() throws Exception {
    withVolumes(House.CALM).close();
    VolumeService.Times calm = House.CALM;
    VolumeService service =
        house.start(
            new VolumeService.Times(
                2,
                calm.longCall(),
                calm.shortCall(),
                calm.lockWait(),
                calm.refresh(),
                calm.reap(),
                calm.reapGrace()));
    MemoryBackend.Hold hold = house.memory.hold("attach");
    List<CompletableFuture<Path>> running = new ArrayList<>();
    running.add(service.mount(db, "one"));
    running.add(service.mount(other, "one"));
    await(() -> house.memory.calls("attach") == 4); // two were for the creates

    VolumeError refusal = failure(service.remove(name("third")));

    assertThat(refusal.code()).isEqualTo(Code.BUSY);
    assertThat(refusal)
        .hasMessage(
            "doceph already runs 2 operations (doceph.limits.operations); try again when some have ended");
    hold.release();
    running.forEach(r -> assertThat(done(r)).isDirectory());
  }

  @Test
  void aCreateThatWasGivenUpIsUndone() {
    VolumeService service = house.start(House.hasty(SHORT, SHORT));
    MemoryBackend.Hold hold = house.memory.hold("describe-ready");

    VolumeError error = failure(service.create(db, null));

    assertThat(error.code()).isEqualTo(Code.TIMEOUT);
    assertThat(error)
        .hasMessage(
            "create of volume db was not done after 0 s and is being undone; `doceph info` shows what it waits for");
    hold.release();
    await(() -> service.running().isEmpty());
    assertThat(house.place.described(db)).isEmpty();
    assertThat(house.place.owner(db)).isEmpty();
    assertThat(service.list()).isEmpty();
  }

  @Test
  void aMountThatWasGivenUpIsUndone() {
    VolumeService service = withVolumes(House.hasty(Duration.ofSeconds(2), SHORT));
    MemoryBackend.Hold hold = house.memory.hold("attach");

    VolumeError error = failure(service.mount(db, "one"));

    assertThat(error.code()).isEqualTo(Code.TIMEOUT);
    hold.release();
    await(() -> service.running().isEmpty());
    assertThat(service.mounts()).isEmpty();
    assertThat(house.runDir().resolve("mounts")).isEmptyDirectory();
  }

  @Test
  void aMountThatWasGivenUpLeavesTheOtherHolders() {
    VolumeService service = withVolumes(House.hasty(Duration.ofSeconds(2), SHORT));
    assertThat(done(service.mount(db, "one"))).isDirectory();
    assertThat(done(service.mount(db, "two"))).isDirectory();
    MemoryBackend.Hold hold = house.memory.hold("attach");

    assertThat(failure(service.mount(db, "two")).code()).isEqualTo(Code.TIMEOUT);
    assertThat(failure(service.mount(db, "three")).code()).isEqualTo(Code.BUSY);

    hold.release();
    await(() -> service.running().isEmpty());
    assertThat(service.known(db).orElseThrow().holders()).containsOnlyKeys("one", "two");
    assertThat(service.known(db).orElseThrow().holders().get("two"))
        .extracting(Holder::count)
        .isEqualTo(1);
  }

  @Test
  void aStuckCommandKeepsTheLockUntilItEnds() {
    VolumeService service = withVolumes(House.hasty(House.PATIENCE, SHORT));
    StuckCommand stuck = new StuckCommand(Path.of("/usr/bin/mount"));
    house.memory.fail("attach:db", stuck.failure());
    VolumeError first = failure(service.mount(db, "one"));
    assertThat(first.code()).isEqualTo(Code.TIMEOUT);
    house.memory.heal();

    VolumeError second = failure(service.mount(db, "one"));

    assertThat(second.code()).isEqualTo(Code.BUSY);
    assertThat(second)
        .message()
        .matches(
            "volume db is busy: the stuck command mount has been running for [0-9.]+ s; try again when it has ended");
    assertThat(done(service.mount(other, "one"))).isDirectory();
    assertThat(service.list()).hasSize(2);
    stuck.end();
    assertThat(done(service.mount(db, "one"))).isDirectory();
  }

  @Test
  void aStuckCommandBehindAnotherFailureKeepsTheLockToo() {
    VolumeService service = withVolumes(House.hasty(House.PATIENCE, SHORT));
    StuckCommand stuck = new StuckCommand(Path.of("/usr/bin/umount"));
    house.memory.fail(
        "attach:db", new VolumeError(Code.TIMEOUT, "it did not end", stuck.failure()));
    assertThat(failure(service.mount(db, "one")).code()).isEqualTo(Code.TIMEOUT);
    house.memory.heal();

    assertThat(failure(service.mount(db, "one")))
        .hasMessageContaining("the stuck command umount has been running");

    stuck.end();
    assertThat(done(service.mount(db, "one"))).isDirectory();
  }

  @Test
  void aCreateWithAStuckCommandIsUndoneWhenThatHasEnded() {
    VolumeService service = house.start(House.restless());
    StuckCommand stuck = new StuckCommand(Path.of("/usr/sbin/mkfs.xfs"));
    house.memory.fail("attach", stuck.failure());
    assertThat(failure(service.create(db, null)).code()).isEqualTo(Code.TIMEOUT);
    int removed = house.memory.calls("removeData");
    int rounds = house.memory.calls("list");
    await(() -> house.memory.calls("list") > rounds + 3);
    assertThat(house.memory.calls("removeData")).isEqualTo(removed).isZero();
    assertThat(house.place.described(db)).isPresent();

    stuck.end();

    await(() -> house.place.described(db).isEmpty());
    assertThat(house.place.owner(db)).isEmpty();
  }

  @Test
  void workThatNobodyWaitsForKeepsTheLockWhileItsCommandIsStuck() {
    StuckCommand bare = new StuckCommand(Path.of("/usr/bin/umount"));
    StuckCommand behind = new StuckCommand(Path.of("/usr/bin/umount"));
    RuntimeException wrapped = new VolumeError(Code.TIMEOUT, "it did not end", behind.failure());
    try (Operations operations = new Operations(2, SHORT, (kind, failure, took) -> {})) {
      assertThatThrownBy(() -> operations.runIfFree(db, "reaping", SHORT, throwing(bare.failure())))
          .isInstanceOf(VolumeError.class);
      assertThatThrownBy(() -> operations.runIfFree(other, "reaping", SHORT, throwing(wrapped)))
          .isSameAs(wrapped);

      assertThat(operations.isLocked(db)).isTrue();
      assertThat(operations.isLocked(other)).isTrue();
      assertThat(operations.runIfFree(db, "reaping", SHORT, () -> {})).isFalse();

      bare.end();
      behind.end();
      assertThat(operations.isLocked(db)).isFalse();
      assertThat(operations.isLocked(other)).isFalse();
    }
  }

  private static Runnable throwing(RuntimeException failure) {
    return () -> {
      throw failure;
    };
  }
}
