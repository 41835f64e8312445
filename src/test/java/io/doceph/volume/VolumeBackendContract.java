package io.doceph.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.config.ByteSize;
import io.doceph.config.FileMode;
import io.doceph.host.BlockDevices;
import io.doceph.host.Filesystem;
import io.doceph.host.process.Deadline;
import io.doceph.volume.Volume.Stage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What every backend must do. A new backend adds a subclass that opens it on a fresh place, damages
 * a description, and puts things that are not doceph's where a volume's data would go.
 */
@Timeout(120)
public abstract class VolumeBackendContract {
  private static final byte[] MARK = "doceph was here".getBytes(StandardCharsets.UTF_8);
  private static final long MIB = 1 << 20;

  /**
   * Something in the place of a volume's data that doceph did not make.
   *
   * @param kind what it is
   * @param put makes it
   * @param looks what is there now; it must be the same before and after
   */
  public record Foreign(String kind, PutForeign put, Looks looks) {}

  /** Puts something foreign in the place of a volume's data. */
  @FunctionalInterface
  public interface PutForeign {
    /** Puts it. */
    void at(VolumeName name) throws Exception;
  }

  /** Says what is in the place of a volume's data: type and content. */
  @FunctionalInterface
  public interface Looks {
    /** Looks. */
    String at(VolumeName name) throws Exception;
  }

  /** Another instance of the backend on the place of this test, as of another daemon or host. */
  protected abstract VolumeBackend open();

  /** Makes the description of a volume unreadable. */
  protected abstract void damage(VolumeName name) throws Exception;

  /** Whether anything is in the place of the volume's data. */
  protected abstract boolean hasData(VolumeName name) throws Exception;

  /** The kinds of foreign things that are possible. */
  protected abstract List<Foreign> foreign();

  /** Takes the data of a volume away behind the backend's back. */
  protected abstract void loseData(VolumeName name) throws Exception;

  /** Data of this size is made by the tests. */
  protected long sizeBytes() {
    return 8 * MIB;
  }

  /** To this size data is grown. */
  protected long largerBytes() {
    return 16 * MIB;
  }

  private final Deadline soon = Deadline.after(Duration.ofSeconds(100));

  private VolumeBackend backend() {
    return open();
  }

  private Volume reserved(VolumeBackend backend, String name) {
    ObjectNode options = JsonNodeFactory.instance.objectNode().put("size", 1).put("mode", "0750");
    backend.complete(options);
    return new Volume(
        new VolumeSpec(
            new VolumeName(name),
            backend.name(),
            new ByteSize(sizeBytes()),
            backend.isBlock() ? Filesystem.EXT4 : null,
            backend.isBlock() ? List.of("-m", "0") : List.of(),
            backend.isBlock() ? List.of("noatime") : List.of(),
            new VolumeSpec.Root(FileMode.parse("0750"), 999, null),
            null,
            options),
        Instant.parse("2026-01-02T03:04:05.678901Z"),
        Stage.RESERVED,
        "host-1",
        0);
  }

  /** A volume brought to a stage in the order of the service. */
  private Volume made(VolumeBackend backend, String name, Stage stage) {
    Volume volume = reserved(backend, name);
    assertThat(backend.reserve(volume, soon)).isTrue();
    backend.createData(volume, soon);
    for (Stage next : Stage.values()) {
      if (next != Stage.RESERVED && next.compareTo(stage) <= 0) {
        volume = volume.at(next);
        backend.describe(volume, soon);
      }
    }
    return volume;
  }

  /**
   * Makes a volume of a name that somebody else has, as the service would, and undoes it. Whether
   * the name can be had is decided at one of these steps, and at the latest when the volume is
   * described as ready: a cluster may let the hosts that make it race up to there.
   */
  private void assertIsRefused(VolumeBackend backend, Volume volume, String why) {
    Volume unready = volume;
    try {
      backend.createData(volume, soon);
      unready = volume.at(Stage.CREATED);
      backend.describe(unready, soon);
      backend.describe(volume.at(Stage.READY), soon);
    } catch (VolumeError e) {
      assertThat(e.code()).as(why).isEqualTo(VolumeError.Code.CONFLICT);
      assertThat(e).as(why).hasMessageContaining(volume.name().value());
      backend.removeData(unready, soon);
      backend.forget(volume.name(), soon);
      return;
    }
    throw new AssertionError("a volume was made in the place of " + why);
  }

  private List<String> names(VolumeBackend backend) {
    return backend.list(soon).stream().map(f -> f.name().value()).sorted().toList();
  }

  private static void write(Attachment attachment) throws IOException {
    switch (attachment) {
      case Attachment.Directory d -> Files.write(d.path().resolve("mark"), MARK);
      case Attachment.Device d -> {
        try (FileChannel device = FileChannel.open(d.path(), StandardOpenOption.WRITE)) {
          device.write(ByteBuffer.wrap(MARK), 0);
          device.force(true);
        }
      }
    }
  }

  /** The mark, or nothing but zeros or no file. */
  private static String read(Attachment attachment) throws IOException {
    byte[] bytes =
        switch (attachment) {
          case Attachment.Directory d -> {
            Path mark = d.path().resolve("mark");
            yield Files.exists(mark) ? Files.readAllBytes(mark) : new byte[0];
          }
          case Attachment.Device d -> {
            ByteBuffer start = ByteBuffer.allocate(MARK.length);
            try (FileChannel device = FileChannel.open(d.path(), StandardOpenOption.READ)) {
              device.read(start, 0);
            }
            yield start.array();
          }
        };
    return new String(bytes, StandardCharsets.UTF_8).replace("\0", "");
  }

  private static boolean isMarked(Attachment attachment) throws IOException {
    return read(attachment).equals(new String(MARK, StandardCharsets.UTF_8));
  }

  @Test
  protected void aFreshPlaceHasNoVolumes() {
    VolumeBackend backend = backend();

    assertThat(backend.list(soon)).isEmpty();
    assertThat(backend.find(new VolumeName("none"), soon)).isEmpty();
    assertThat(backend.attached(soon)).isEmpty();
  }

  @Test
  protected void whatWasReservedIsFoundAsItWasGiven() {
    VolumeBackend backend = backend();
    Volume volume = reserved(backend, "db.data_1-x");

    boolean taken = backend.reserve(volume, soon);

    assertThat(taken).isTrue();
    assertThat(backend.find(volume.name(), soon)).contains(Found.of(volume));
    assertThat(backend.list(soon)).containsExactly(Found.of(volume));
  }

  @Test
  protected void aNameIsTakenOnce() {
    VolumeBackend backend = backend();
    Volume first = reserved(backend, "volume");
    assertThat(backend.reserve(first, soon)).isTrue();
    Volume second =
        new Volume(first.spec(), Instant.EPOCH, Stage.RESERVED, "host-2", first.growTo());

    assertThat(backend.reserve(second, soon)).isFalse();
    assertThat(open().reserve(second, soon)).isFalse();

    assertThat(backend.find(first.name(), soon)).contains(Found.of(first));
  }

  @Test
  protected void ofManyWhoReserveAtOnceOneSucceeds() throws Exception {
    VolumeBackend one = open();
    VolumeBackend other = open();
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      for (int round = 0; round < 10; round++) {
        Volume volume = reserved(one, "round-" + round);
        List<Callable<Boolean>> tries = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
          VolumeBackend backend = i % 2 == 0 ? one : other;
          tries.add(() -> backend.reserve(volume, soon));
        }
        int taken = 0;
        for (Future<Boolean> each : threads.invokeAll(tries)) {
          taken += each.get() ? 1 : 0;
        }
        assertThat(taken).isEqualTo(1);
      }
    }
    assertThat(names(one)).hasSize(10);
  }

  @Test
  protected void aDescriptionIsReplacedAndAnotherInstanceSeesIt() {
    VolumeBackend backend = backend();
    VolumeBackend other = open();
    Volume volume = reserved(backend, "volume");
    assertThat(backend.reserve(volume, soon)).isTrue();
    assertThat(other.list(soon)).containsExactly(Found.of(volume));
    backend.createData(volume, soon);

    long bytes = sizeBytes();
    for (Stage stage : Stage.values()) {
      bytes++;
      Volume next =
          volume.at(stage).growing(bytes).with(volume.spec().withSize(new ByteSize(bytes)));
      backend.describe(next, soon);

      assertThat(other.find(volume.name(), soon)).contains(Found.of(next));
      assertThat(other.list(soon)).containsExactly(Found.of(next));
    }
  }

  @Test
  protected void aForgottenNameIsFreeAgain() {
    VolumeBackend backend = backend();
    Volume volume = reserved(backend, "volume");
    assertThat(backend.reserve(volume, soon)).isTrue();
    assertThat(names(backend)).containsExactly("volume");

    backend.forget(volume.name(), soon);

    assertThat(backend.find(volume.name(), soon)).isEmpty();
    assertThat(backend.list(soon)).isEmpty();
    assertThat(backend.reserve(volume, soon)).isTrue();
  }

  @Test
  protected void toForgetWhatIsNotThereIsSuccess() {
    VolumeBackend backend = backend();
    Volume other = reserved(backend, "other");
    assertThat(backend.reserve(other, soon)).isTrue();

    backend.forget(new VolumeName("none"), soon);

    assertThat(names(backend)).containsExactly("other");
  }

  @Test
  protected void freshDataIsBlankAndKeepsWhatIsWritten() throws Exception {
    VolumeBackend backend = backend();
    Volume volume = made(backend, "volume", Stage.READY);
    Attachment attachment = backend.attach(volume, soon);
    assertThat(read(attachment)).isEmpty();
    write(attachment);
    backend.detach(volume.name(), attachment, soon);

    VolumeBackend other = open();
    Attachment again = other.attach(volume, soon);

    assertThat(isMarked(again)).isTrue();
    other.detach(volume.name(), again, soon);
  }

  @Test
  protected void toAttachAndToDetachTwiceIsSuccess() throws Exception {
    VolumeBackend backend = backend();
    Volume volume = made(backend, "volume", Stage.READY);

    Attachment first = backend.attach(volume, soon);
    Attachment second = backend.attach(volume, soon);
    assertThat(second).isEqualTo(first);
    if (backend.isBlock()) {
      assertThat(first).isInstanceOf(Attachment.Device.class);
      assertThat(backend.attached(soon)).containsEntry(volume.name(), first.path());
      assertThat(BlockDevices.sizeBytes(first.path())).hasValue(sizeBytes());
    }

    backend.detach(volume.name(), first, soon);
    backend.detach(volume.name(), first, soon);
    assertThat(backend.attached(soon)).isEmpty();
    assertThat(hasData(volume.name())).isTrue();
  }

  @Test
  protected void dataThatIsGoneIsSaidAndNotMadeAgain() throws Exception {
    VolumeBackend backend = backend();
    Volume volume = made(backend, "volume", Stage.READY);
    loseData(volume.name());

    assertThatThrownBy(() -> backend.attach(volume, soon))
        .isInstanceOfSatisfying(
            VolumeError.class, e -> assertThat(e.code()).isEqualTo(VolumeError.Code.FAILED))
        .hasMessageContaining("volume")
        .hasMessageContaining("is gone");

    assertThat(hasData(volume.name())).isFalse();
  }

  @Test
  protected void whatIsNotOursIsNeitherTakenNorRemoved() throws Exception {
    VolumeBackend backend = backend();
    int i = 0;
    for (Foreign foreign : foreign()) {
      Volume volume = reserved(backend, "foreign-" + i++);
      foreign.put().at(volume.name());
      String before = foreign.looks().at(volume.name());
      assertThat(backend.reserve(volume, soon)).isTrue();

      assertIsRefused(backend, volume, foreign.kind());

      assertThat(foreign.looks().at(volume.name())).as(foreign.kind()).isEqualTo(before);
      assertThat(hasData(volume.name())).as(foreign.kind()).isTrue();
      assertThat(backend.find(volume.name(), soon)).as(foreign.kind()).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(Stage.class)
  protected void dataIsRemovedAtEveryStageAndItAlone(Stage stage) throws Exception {
    VolumeBackend backend = backend();
    Volume volume = made(backend, "volume-1", stage);
    Volume neighbour = made(backend, "volume-10", Stage.READY);
    Volume another = made(backend, "volume", Stage.READY);
    Attachment kept = backend.attach(neighbour, soon);
    write(kept);

    backend.removeData(volume, soon);
    backend.removeData(volume, soon); // none is success
    backend.forget(volume.name(), soon);

    assertThat(hasData(volume.name())).isFalse();
    assertThat(names(backend)).containsExactly("volume", "volume-10");
    assertThat(hasData(another.name())).isTrue();
    assertThat(isMarked(backend.attach(neighbour, soon))).isTrue();
    backend.detach(neighbour.name(), kept, soon);
  }

  @ParameterizedTest
  @EnumSource(value = Stage.class, names = "REMOVING")
  protected void dataWithContentIsRemovedWhileItIsAttached(Stage stage) throws Exception {
    VolumeBackend backend = backend();
    Volume volume = made(backend, "volume", Stage.READY);
    write(backend.attach(volume, soon));
    Volume going = volume.at(stage);
    backend.describe(going, soon);

    backend.removeData(going, soon);

    assertThat(hasData(volume.name())).isFalse();
    assertThat(backend.attached(soon)).isEmpty();
  }

  @Test
  protected void aReservationWithoutDataIsUndone() throws Exception {
    VolumeBackend backend = backend();
    Volume volume = reserved(backend, "volume");
    assertThat(backend.reserve(volume, soon)).isTrue();

    backend.removeData(volume, soon);
    backend.forget(volume.name(), soon);

    assertThat(hasData(volume.name())).isFalse();
    assertThat(backend.list(soon)).isEmpty();
  }

  @Test
  protected void anotherInstanceUndoesWhatThisOneBegan() throws Exception {
    VolumeBackend backend = backend();
    Volume volume = reserved(backend, "volume");
    assertThat(backend.reserve(volume, soon)).isTrue();
    backend.createData(volume, soon);

    VolumeBackend afterRestart = open();
    Volume found = afterRestart.find(volume.name(), soon).map(Found::volume).orElseThrow();
    afterRestart.removeData(found, soon);
    afterRestart.forget(volume.name(), soon);

    assertThat(hasData(volume.name())).isFalse();
    Volume again = made(backend, "volume", Stage.READY);
    assertThat(backend.find(again.name(), soon)).contains(Found.of(again));
  }

  @Test
  protected void aRemovedVolumeCanBeMadeAgainAndIsBlank() throws Exception {
    VolumeBackend backend = backend();
    Volume volume = made(backend, "volume", Stage.READY);
    Attachment attachment = backend.attach(volume, soon);
    write(attachment);
    backend.detach(volume.name(), attachment, soon);
    backend.removeData(volume.at(Stage.REMOVING), soon);
    backend.forget(volume.name(), soon);

    Volume again = made(backend, "volume", Stage.READY);

    Attachment fresh = backend.attach(again, soon);
    assertThat(read(fresh)).isEmpty();
    backend.detach(again.name(), fresh, soon);
  }

  @Test
  protected void dataGrowsAndToGrowItAgainIsSuccess() throws Exception {
    VolumeBackend backend = backend();
    Volume volume = made(backend, "volume", Stage.READY);
    Attachment attachment = backend.attach(volume, soon);
    write(attachment);
    long larger = largerBytes();
    Volume growing = volume.growing(larger);

    backend.growData(growing, larger, soon);
    backend.growData(growing, larger, soon);
    if (backend.isBlock()) {
      assertThat(BlockDevices.sizeBytes(attachment.path())).hasValue(larger);
    }
    backend.growData(growing, sizeBytes(), soon); // never shrinks
    if (backend.isBlock()) {
      assertThat(BlockDevices.sizeBytes(attachment.path())).hasValue(larger);
    }

    assertThat(isMarked(attachment)).isTrue();
    backend.detach(volume.name(), attachment, soon);
  }

  @Test
  protected void dataGrowsWhileItIsNotAttached() throws Exception {
    VolumeBackend backend = backend();
    Volume volume = made(backend, "volume", Stage.READY);
    long larger = largerBytes();
    Volume growing = volume.growing(larger);
    backend.describe(growing, soon);

    backend.growData(growing, larger, soon);

    Attachment attachment = backend.attach(growing, soon);
    if (backend.isBlock()) {
      assertThat(BlockDevices.sizeBytes(attachment.path())).hasValue(larger);
    }
    backend.detach(volume.name(), attachment, soon);
  }

  @Test
  protected void aDamagedDescriptionIsListedAsDamagedAndHidesNoOther() throws Exception {
    VolumeBackend backend = backend();
    Volume first = made(backend, "first", Stage.READY);
    Volume bad = made(backend, "bad", Stage.READY);
    Volume last = made(backend, "last", Stage.READY);
    assertThat(names(backend)).containsExactly("bad", "first", "last");

    damage(bad.name());

    for (VolumeBackend each : List.of(backend, open())) {
      List<Found> listed = each.list(soon);
      assertThat(listed).hasSize(3).contains(Found.of(first), Found.of(last));
      assertThat(listed)
          .filteredOn(f -> f.name().equals(bad.name()))
          .singleElement()
          .satisfies(
              f -> {
                assertThat(f.volume()).isNull();
                assertThat(f.problem()).contains("description");
              });
    }
    assertThat(backend.find(bad.name(), soon)).hasValueSatisfying(f -> f.volume());
    assertThat(backend.find(bad.name(), soon).map(Found::volume)).isEmpty();
    Volume again = bad.at(Stage.RESERVED);
    if (backend.reserve(again, soon)) {
      assertIsRefused(backend, again, "a volume that cannot be read");
    }
    assertThat(backend.find(bad.name(), soon)).as("it is still there").isPresent();
    assertThat(hasData(bad.name())).isTrue();
  }

  @Test
  protected void twoHundredVolumesAreListed() {
    VolumeBackend backend = backend();
    List<String> names = IntStream.range(0, 200).mapToObj(i -> "volume-" + i).sorted().toList();
    names.forEach(name -> assertThat(backend.reserve(reserved(backend, name), soon)).isTrue());

    assertThat(names(backend)).isEqualTo(names);
    assertThat(names(open())).isEqualTo(names);
  }

  @Test
  protected void anotherInstanceSeesWhatIsMadeAndRemoved() {
    VolumeBackend backend = backend();
    VolumeBackend other = open();
    Volume volume = made(backend, "volume", Stage.READY);
    assertThat(other.list(soon)).containsExactly(Found.of(volume));

    backend.forget(volume.name(), soon);

    assertThat(other.list(soon)).isEmpty();
    assertThat(other.find(volume.name(), soon)).isEmpty();
  }

  @Test
  protected void namesThatAreTheBeginningOfOthersAreApart() {
    VolumeBackend backend = backend();
    Volume ten = made(backend, "volume-10", Stage.READY);

    assertThat(backend.find(new VolumeName("volume-1"), soon)).isEmpty();
    assertThat(backend.find(new VolumeName("Volume-10"), soon)).isEmpty();

    Volume one = made(backend, "volume-1", Stage.CREATED);
    backend.forget(one.name(), soon);
    assertThat(backend.find(ten.name(), soon)).contains(Found.of(ten));
  }

  @Test
  protected void freeSpaceIsANumberOrNoQuestion() {
    VolumeBackend backend = backend();
    Volume volume = made(backend, "volume", Stage.READY);
    assertThat(backend.find(volume.name(), soon)).isPresent();

    assertThat(backend.freeBytes(soon)).isGreaterThanOrEqualTo(-1).isNotZero();
  }
}
