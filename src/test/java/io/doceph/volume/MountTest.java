package io.doceph.volume;

import static io.doceph.volume.House.done;
import static io.doceph.volume.House.failure;
import static io.doceph.volume.House.name;
import static io.doceph.volume.House.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.doceph.host.StateFile;
import io.doceph.host.process.Deadline;
import io.doceph.volume.VolumeError.Code;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(90)
class MountTest {
  private static final String ID = "0123456789abcdef".repeat(4);
  private static final String ANOTHER = "fedcba9876543210".repeat(4);

  private final House house;
  private final VolumeName db = name("db");
  private VolumeService service;

  MountTest(@TempDir Path dir) {
    house = new House(dir);
    service = house.start();
  }

  @BeforeEach
  void thereIsAVolume() {
    service.activate();
    assertThat(done(service.create(db, null)).state()).isEqualTo("ready");
  }

  @AfterEach
  void close() {
    house.close();
  }

  private int count(String id) {
    return service
        .known(db)
        .map(VolumeView::holders)
        .map(h -> h.get(id))
        .map(Holder::count)
        .orElse(0);
  }

  private long epoch(String id) {
    return service
        .known(db)
        .map(VolumeView::holders)
        .map(h -> h.get(id))
        .map(Holder::epoch)
        .orElse(0L);
  }

  private boolean isMounted() {
    return service.known(db).map(VolumeView::mount).isPresent();
  }

  @Test
  void holdersAreCountedAndTheLastUnmountIsTheLast() {
    Path first = done(service.mount(db, ID));
    Path second = done(service.mount(db, ANOTHER));
    assertThat(first).isEqualTo(second).isDirectory();
    assertThat(service.known(db).map(VolumeView::state)).contains("mounted");

    done(service.unmount(db, ID));
    assertThat(isMounted()).isTrue();
    done(service.unmount(db, ANOTHER));

    assertThat(isMounted()).isFalse();
    assertThat(service.mounts()).isEmpty();
  }

  @Test
  void theSameIdAgainCountsTwiceAsForDockerCp() {
    done(service.mount(db, ID));
    done(service.mount(db, ID));
    assertThat(count(ID)).isEqualTo(2);

    done(service.unmount(db, ID));
    assertThat(count(ID)).isEqualTo(1);
    done(service.unmount(db, ID));

    assertThat(isMounted()).isFalse();
  }

  @Test
  void twoUnmountsAtOnceGiveBackTwo() {
    done(service.mount(db, ID));
    done(service.mount(db, ID));

    var one = service.unmount(db, ID);
    var two = service.unmount(db, ID);
    done(one);
    done(two);

    assertThat(isMounted()).isFalse();
  }

  @Test
  void theSameIdFromANewDockerdReplaces() {
    done(service.mount(db, ID));
    done(service.mount(db, ID));
    service.activate();

    done(service.mount(db, ID));

    assertThat(count(ID)).isEqualTo(1);
    done(service.unmount(db, ID));
    assertThat(isMounted()).isFalse();
  }

  @Test
  void anUnknownIdIsGivenBackWithoutEffect() {
    done(service.mount(db, ID));

    done(service.unmount(db, ANOTHER));
    done(service.unmount(db, ""));

    assertThat(count(ID)).isEqualTo(1);
  }

  @Test
  void anUnmountOfWhatIsNotMountedOrNotThereIsSuccess() {
    done(service.unmount(db, ID));
    done(service.unmount(name("none"), ID));

    assertThat(service.mounts()).isEmpty();
  }

  @Test
  void callsWithoutAnIdHoldOnce() {
    done(service.mount(db, ""));
    done(service.mount(db, ""));
    assertThat(count("")).isEqualTo(1);

    done(service.unmount(db, ""));

    assertThat(isMounted()).isFalse();
  }

  @Test
  void aMountOfWhatIsNotThereIsToldSo() {
    refused(
        service.mount(name("none"), ID),
        Code.NOT_FOUND,
        "there is no volume none; `doceph list` shows those there are");
  }

  @Test
  void aMountThatFailsHoldsNothing() {
    house.place.lose(db);

    refused(service.mount(db, ID), Code.FAILED, "the data of volume db is gone");

    assertThat(service.mounts()).isEmpty();
  }

  @Test
  void aPathIsNotHandedOutAgainWhenTheVolumeIsNoLongerBehindIt() {
    done(service.mount(db, ID));
    house.memory.fail("attach", new VolumeError(Code.UNAVAILABLE, "nothing is mounted there"));

    refused(service.mount(db, ANOTHER), Code.UNAVAILABLE, "nothing is mounted there");

    assertThat(count(ID)).isEqualTo(1);
    assertThat(count(ANOTHER)).isZero();
  }

  @Test
  void aVolumeWhoseDescriptionIsGoneIsStillUnmounted() {
    done(service.mount(db, ID));
    house.memory.forget(db, Deadline.after(House.PATIENCE));
    service = house.restart();

    done(service.unmount(db, ID));

    assertThat(service.mounts()).isEmpty();
  }

  @Test
  void holdersOutliveARestartOfTheDaemon() {
    Path mountpoint = done(service.mount(db, ID));
    done(service.mount(db, ID));

    service = house.restart();

    assertThat(count(ID)).isEqualTo(2);
    assertThat(service.known(db).map(VolumeView::mount).map(MountRecord::mountpoint))
        .contains(mountpoint);
    done(service.unmount(db, ID));
    done(service.unmount(db, ID));
    assertThat(isMounted()).isFalse();
  }

  @Test
  void theCountOfEpochsOutlivesARestartOfTheDaemon() {
    service.activate();
    service.activate();
    service = house.restart();
    done(service.mount(db, ID));
    long epoch = epoch(ID);

    service = house.restart(); // counts as a new epoch while something is mounted
    done(service.mount(db, ANOTHER));
    done(service.mount(db, ID));

    assertThat(epoch).isEqualTo(3);
    assertThat(epoch(ANOTHER)).isEqualTo(4);
    assertThat(count(ID)).isEqualTo(1);
  }

  @Test
  void nothingIsMountedAfterAReboot() {
    done(service.mount(db, ID));
    house.bootId = "boot-2";

    service = house.restart();

    assertThat(service.mounts()).isEmpty();
    assertThat(house.runDir().resolve("mounts")).isEmptyDirectory();
    assertThat(service.registryProblems()).isEmpty();
    done(service.remove(db));
  }

  @Test
  void aDamagedRecordIsSetAsideAndHidesNoOther() throws Exception {
    VolumeName good = name("good");
    assertThat(done(service.create(good, null)).state()).isEqualTo("ready");
    done(service.mount(db, ID));
    done(service.mount(good, ID));
    Path record = house.runDir().resolve("mounts/db.json");
    Files.writeString(record, "x", StandardOpenOption.TRUNCATE_EXISTING);

    service = house.restart();

    assertThat(service.mounts()).extracting(MountRecord::volume).containsExactly(good);
    assertThat(service.registryProblems())
        .singleElement()
        .asString()
        .startsWith("the mount registry's db.json was damaged and has been set aside: ");
    assertThat(record).doesNotExist();
    assertThat(house.runDir().resolve("mounts/db.json.damaged")).hasContent("x");
  }

  @Test
  void aRecordThatMakesNoSenseIsSetAside() throws Exception {
    done(service.mount(db, ID));
    Path record = house.runDir().resolve("mounts/db.json");
    var json = StateFile.read(record).orElseThrow();
    json.put("since", "yesterday");
    StateFile.write(record, json);
    Files.createDirectory(house.runDir().resolve("mounts/directory.json"));

    service = house.restart();

    assertThat(service.mounts()).isEmpty();
    assertThat(service.registryProblems()).hasSize(2);
  }

  @Test
  void aRecordThatTheKernelDoesNotConfirmIsForgotten() {
    VolumeName gone = name("gone");
    MountRegistry registry = MountRegistry.open(house.runDir(), house.bootId);
    registry.put(
        new MountRecord(
                gone,
                "memory",
                house.dir.resolve("mounts/gone"),
                Path.of("/dev/loop4242"),
                "7:4242",
                Instant.now(),
                Map.of())
            .acquire(ID, 1));

    service = house.restart();

    assertThat(service.mounts()).isEmpty();
    assertThat(house.runDir().resolve("mounts/gone.json")).doesNotExist();
  }

  @Test
  void aFailedUnmountIsReplacedByTheNextMountOfItsId() {
    MountRecord record =
        new MountRecord(
            db, "memory", Path.of("/m"), Path.of("/dev/x"), "7:1", Instant.now(), Map.of());
    MountRecord held = record.acquire(ID, 1).acquire(ID, 1);
    assertThat(held.holders().get(ID)).extracting(Holder::count).isEqualTo(2);

    MountRecord failed = held.release(ID).markReleased(ID);
    assertThat(failed.isHeldByTheDeadOnly(1)).isTrue();
    MountRecord again = failed.acquire(ID, 1);

    assertThat(again.holders()).hasSize(1);
    assertThat(again.holders().get(ID))
        .isEqualTo(new Holder(1, 1, Objects.requireNonNull(held.holders().get(ID)).since(), false));
    assertThat(again.isHeldByTheDeadOnly(1)).isFalse();
  }

  @Test
  void mountsOfDeadDockerdsAreGivenBack() {
    house.close();
    House restless = new House(house.dir);
    var times =
        new VolumeService.Times(
            8,
            House.PATIENCE,
            House.PATIENCE,
            House.PATIENCE,
            Duration.ofDays(1),
            Duration.ofMillis(20),
            Duration.ZERO);
    try {
      service = restless.start(times);
      assertThat(done(service.create(db, null)).state()).isEqualTo("ready");
      service.activate();
      done(service.mount(db, ID));
      done(service.mount(db, ANOTHER));
      service.activate();
      done(service.mount(db, ANOTHER)); // it came back
      House.await(() -> restless.memory.calls("reserve") > 0);
      assertThat(isMounted()).isTrue();

      service.activate(); // and died again

      House.await(() -> !isMounted());
    } finally {
      restless.close();
    }
  }

  @Test
  void aRefusalToMountIsForBlockVolumesAlone() {
    assertThat(failure(service.mount(name("none"), ID)).code()).isEqualTo(Code.NOT_FOUND);
    assertThat(done(service.mount(db, ID))).isDirectory();
  }
}
