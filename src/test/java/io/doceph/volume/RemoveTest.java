package io.doceph.volume;

import static io.doceph.volume.House.done;
import static io.doceph.volume.House.failure;
import static io.doceph.volume.House.json;
import static io.doceph.volume.House.name;
import static io.doceph.volume.House.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.doceph.volume.Volume.Stage;
import io.doceph.volume.VolumeError.Code;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(90)
class RemoveTest {
  private final House house;
  private final VolumeName db = name("db");
  private VolumeService service;

  RemoveTest(@TempDir Path dir) {
    house = new House(dir);
    service = house.start();
  }

  @BeforeEach
  void thereIsAVolume() {
    assertThat(done(service.create(db, json("{'size': 2}"))).state()).isEqualTo("ready");
  }

  @AfterEach
  void close() {
    house.close();
  }

  @Test
  void aRemovedVolumeIsGone() {
    done(service.remove(db));

    assertThat(house.place.described(db)).isEmpty();
    assertThat(house.place.owner(db)).isEmpty();
    assertThat(service.list()).isEmpty();
    assertThat(done(service.find(db))).isEmpty();
  }

  @Test
  void toRemoveWhatIsGoneIsSuccess() {
    done(service.remove(db));

    done(service.remove(db));
    done(service.remove(name("never-there")));

    assertThat(house.memory.calls("removeData")).isEqualTo(1);
  }

  @Test
  void aMountedVolumeIsNotRemoved() {
    Path mountpoint = done(service.mount(db, "one"));
    assertThat(done(service.mount(db, "two"))).isEqualTo(mountpoint);

    refused(
        service.remove(db),
        Code.IN_USE,
        "volume db is mounted at "
            + mountpoint
            + " for 2 holders; stop the containers that use it first (`doceph inspect db` lists them)");
    done(service.unmount(db, "two"));
    refused(
        service.remove(db),
        Code.IN_USE,
        "volume db is mounted at "
            + mountpoint
            + " for 1 holder; stop the containers that use it first (`doceph inspect db` lists them)");

    assertThat(house.place.described(db).map(Volume::stage)).contains(Stage.READY);
    done(service.unmount(db, "one"));
    done(service.remove(db));
    assertThat(house.place.described(db)).isEmpty();
  }

  @Test
  void aRemovalThatStoppedHalfWayIsNoVolumeAnyMore() {
    house.memory.fail("removeData", new VolumeError(Code.FAILED, "no luck"));
    refused(service.remove(db), Code.FAILED, "no luck");
    assertThat(house.place.described(db).map(Volume::stage)).contains(Stage.REMOVING);

    assertThat(service.list()).isEmpty();
    assertThat(done(service.find(db))).isEmpty();
    assertThat(failure(service.mount(db, "one")).code()).isEqualTo(Code.NOT_FOUND);

    house.memory.heal();
    VolumeView again = done(service.create(db, json("{'size': 3}")));
    assertThat(again.state()).isEqualTo("ready");
    assertThat(house.memory.calls("createData")).isEqualTo(2);
  }

  @Test
  void aRemovalThatStoppedHalfWayIsFinishedByTheNext() {
    house.memory.fail("forget", new VolumeError(Code.FAILED, "no luck"));
    refused(service.remove(db), Code.FAILED, "no luck");
    house.memory.heal();

    done(service.remove(db));

    assertThat(house.place.described(db)).isEmpty();
    assertThat(house.place.owner(db)).isEmpty();
  }

  @Test
  void aRemovalThatStoppedHalfWayIsFinishedByTheNextStart() {
    house.memory.fail("removeData", new VolumeError(Code.FAILED, "no luck"));
    refused(service.remove(db), Code.FAILED, "no luck");
    house.memory.heal();

    service = house.restart();

    assertThat(house.place.described(db)).isEmpty();
    assertThat(house.place.owner(db)).isEmpty();
    assertThat(service.unfinished()).isEmpty();
  }

  @Test
  void aRemovalThatCannotEvenBeginLeavesTheVolumeAsItWas() {
    house.memory.fail("describe", new VolumeError(Code.UNAVAILABLE, "no answer"));

    refused(service.remove(db), Code.UNAVAILABLE, "no answer");

    assertThat(service.list()).hasSize(1);
    assertThat(done(service.find(db))).isPresent();
  }

  @Test
  void aForgottenVolumeIsHiddenAndItsDataStays() {
    done(service.forget(db));

    assertThat(service.list()).isEmpty();
    assertThat(done(service.find(db))).isEmpty();
    assertThat(failure(service.mount(db, "one")).code()).isEqualTo(Code.NOT_FOUND);
    done(service.remove(db)); // Docker's own rm afterwards
    assertThat(house.place.described(db).map(Volume::stage)).contains(Stage.READY);
    assertThat(house.place.owner(db)).isEqualTo("ours");
  }

  @Test
  void aForgottenVolumeStaysForgottenOverARestartAndIsTakenUpByACreate() {
    done(service.forget(db));
    service = house.restart();
    assertThat(service.list()).isEmpty();

    VolumeView again = done(service.create(db, json("{'size': 2}")));

    assertThat(again.state()).isEqualTo("ready");
    assertThat(service.list()).containsExactly(again);
    assertThat(house.memory.calls("createData")).isEqualTo(1);
    assertThat(house.restart().list()).hasSize(1);
  }

  @Test
  void aForgottenVolumeIsNotTakenUpAsSomethingElse() {
    done(service.forget(db));

    assertThat(failure(service.create(db, json("{'size': 5}"))).code()).isEqualTo(Code.CONFLICT);

    assertThat(service.list()).isEmpty();
  }

  @Test
  void aMountedVolumeIsNotForgotten() {
    assertThat(done(service.mount(db, "one"))).isDirectory();

    assertThat(failure(service.forget(db)).code()).isEqualTo(Code.IN_USE);

    assertThat(service.list()).hasSize(1);
  }

  @Test
  void toForgetWhatIsNotThereIsToldSo() {
    refused(
        service.forget(name("none")),
        Code.NOT_FOUND,
        "there is no volume none; `doceph list` shows those there are");
  }

  @Test
  void aStrayFileAmongTheForgottenKeepsNobodyFromStarting() throws Exception {
    done(service.forget(db));
    Files.writeString(house.stateDir().resolve("forgotten/-no name-.json"), "whatever");

    service = house.restart();

    assertThat(service.list()).isEmpty();
  }
}
