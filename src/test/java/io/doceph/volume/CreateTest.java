package io.doceph.volume;

import static io.doceph.volume.House.await;
import static io.doceph.volume.House.done;
import static io.doceph.volume.House.failure;
import static io.doceph.volume.House.json;
import static io.doceph.volume.House.name;
import static io.doceph.volume.House.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.doceph.host.process.Deadline;
import io.doceph.volume.Volume.Stage;
import io.doceph.volume.VolumeError.Code;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(90)
class CreateTest {
  private final House house;
  private final VolumeName db = name("db");

  CreateTest(@TempDir Path dir) {
    house = new House(dir);
  }

  @AfterEach
  void close() {
    house.close();
  }

  /** What a daemon left that was killed, with its data unless the name was only reserved. */
  private void left(Stage stage, String hostId) {
    Volume begun = Volumes.reserved("memory", "db");
    Volume volume = new Volume(begun.spec(), begun.createdAt(), stage, hostId, 0);
    house.place.describe(volume);
    house.memory.createData(volume, Deadline.after(House.PATIENCE));
  }

  @Test
  void aNewVolumeIsReadyAndShown() throws Exception {
    VolumeService service = house.start();

    VolumeView made = done(service.create(db, json("{'size': '2GiB', 'mode': '0700'}")));

    assertThat(made.state()).isEqualTo("ready");
    assertThat(house.place.described(db).map(Volume::stage)).contains(Stage.READY);
    assertThat(service.list()).containsExactly(made);
    assertThat(service.known(db)).contains(made);
    assertThat(Files.getPosixFilePermissions(house.dir.resolve("data/db")))
        .isEqualTo(PosixFilePermissions.fromString("rwx------"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'size': '2GiB', 'mode': '0700', 'colour': 'red'}",
        "{'size': 2}",
        "{'size': '2048M', 'mode': 700}",
        "{'colour': 'red', 'backend': 'memory'}",
        "{}",
        "{'size': null}"
      })
  void theSameAgainIsSuccess(String options) {
    VolumeService service = house.start();
    VolumeView first =
        done(service.create(db, json("{'size': '2GiB', 'mode': '0700', 'colour': 'red'}")));

    VolumeView second = done(service.create(db, json(options)));

    assertThat(second).isEqualTo(first);
    assertThat(done(service.create(db, null))).isEqualTo(first);
    assertThat(house.memory.calls("createData")).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'size': '3GiB'} | size is 2GiB, not 3GiB",
        "{'size': '3GiB', 'mode': '0755'} | size is 2GiB, not 3GiB; mode is 0700, not 0755",
        "{'uid': 5} | uid is not set, not 5",
        "{'colour': 'blue'} | colour is red, not blue",
        "{'backend': 'other'} | backend is memory, not other",
      })
  void somethingElseIsRefusedWithTheDifference(String options, String difference) {
    VolumeService service = house.start();
    VolumeView first =
        done(service.create(db, json("{'size': '2GiB', 'mode': '0700', 'colour': 'red'}")));

    refused(
        service.create(db, json(options)),
        Code.CONFLICT,
        "volume db exists and is different: "
            + difference
            + "; use it as it is, or choose another name");

    assertThat(service.known(db)).contains(first);
  }

  @ParameterizedTest
  @EnumSource(value = Stage.class, names = "READY", mode = EnumSource.Mode.EXCLUDE)
  void aStartSettlesWhatItsDaemonLeft(Stage stage) {
    left(stage, "host-1");

    VolumeService service = house.start();

    assertThat(house.place.described(db)).isEmpty();
    assertThat(house.place.owner(db)).isEmpty();
    assertThat(service.list()).isEmpty();
    assertThat(service.unfinished()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(value = Stage.class, names = "READY", mode = EnumSource.Mode.EXCLUDE)
  void aCreateSettlesWhatItsDaemonLeftAndMakesItAnew(Stage stage) {
    VolumeService service = house.start();
    left(stage, "host-1");

    VolumeView made = done(service.create(db, json("{'size': 3}")));

    assertThat(made.state()).isEqualTo("ready");
    assertThat(house.memory.calls("removeData")).isEqualTo(1);
    assertThat(house.place.described(db).orElseThrow().spec().size()).hasToString("3GiB");
    assertThat(house.place.owner(db)).isEqualTo("ours");
  }

  @ParameterizedTest
  @CsvSource({"RESERVED, created", "CREATED, created", "REMOVING, removed"})
  void whatAnotherHostHasBegunIsItsOwn(Stage stage, String what) {
    left(stage, "host-2");
    VolumeService service = house.start();

    assertThat(service.list()).isEmpty();
    assertThat(service.unfinished()).hasSize(1);
    refused(
        service.create(db, null),
        Code.BUSY,
        "volume db is being " + what + " by another host; try again when it has ended");

    assertThat(house.place.described(db).map(Volume::stage)).contains(stage);
    assertThat(house.place.owner(db)).isEqualTo("ours");
  }

  @Test
  void anotherHostThatIsQuickerWins() {
    VolumeService service = house.start();
    MemoryBackend.Hold hold = house.memory.hold("reserve");
    var create = service.create(db, null);
    await(() -> house.memory.calls("reserve") == 1);
    left(Stage.RESERVED, "host-2");
    hold.release();

    refused(
        create,
        Code.BUSY,
        "volume db is being created by another host; try again when it has ended");

    assertThat(house.place.described(db).map(Volume::hostId)).contains("host-2");
    assertThat(house.place.owner(db)).isEqualTo("ours");
  }

  @Test
  void foreignDataIsRefusedAndLeftAndTheNameIsFree() {
    VolumeService service = house.start();
    house.place.putForeign(db);

    assertThat(failure(service.create(db, null)).code()).isEqualTo(Code.CONFLICT);

    assertThat(house.place.owner(db)).isEqualTo("foreign");
    assertThat(house.place.described(db)).isEmpty();
    assertThat(service.list()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"createData", "describe-created", "attach", "describe-ready"})
  void aStepThatFailsUndoesThoseBeforeIt(String step) {
    VolumeService service = house.start();
    house.memory.fail(step, new VolumeError(Code.FAILED, "no luck"));

    refused(service.create(db, null), Code.FAILED, "no luck");

    assertThat(house.place.described(db)).isEmpty();
    assertThat(house.place.owner(db)).isEmpty();
    house.memory.heal();
    assertThat(done(service.create(db, null)).state()).isEqualTo("ready");
  }

  @Test
  void whatCannotBeUndoneNowIsUndoneByTheNextRound() {
    VolumeService service = house.start(House.restless());
    house.memory.fail("attach", new VolumeError(Code.FAILED, "no luck"));
    house.memory.fail("removeData", new VolumeError(Code.UNAVAILABLE, "no answer"));
    refused(service.create(db, null), Code.FAILED, "no luck");
    assertThat(house.place.described(db)).isPresent();
    assertThat(service.list()).isEmpty();

    house.memory.heal();

    await(() -> house.place.described(db).isEmpty());
    assertThat(house.place.owner(db)).isEmpty();
  }

  @Test
  void aVolumeOfABackendThatIsNotThereIsRefusedBeforeAnythingIsDone() {
    VolumeService service = house.start();

    VolumeError error =
        catchThrowableOfType(
            VolumeError.class, () -> service.create(db, json("{'backend': 'tape'}")));

    assertThat(error).hasMessage("there is no backend 'tape' here; enabled: memory, other");
    assertThat(house.memory.calls("reserve")).isZero();
  }
}
