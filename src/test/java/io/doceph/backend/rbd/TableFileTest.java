package io.doceph.backend.rbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.doceph.volume.VolumeError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TableFileTest {
  private final Path dir;
  private final Path file;
  private final TableFile table;

  TableFileTest(@TempDir Path dir) throws IOException {
    this.dir = dir.toRealPath();
    this.file = this.dir.resolve("fstab");
    this.table = new TableFile(file, "rw-r--r--");
  }

  private static String addMore(String text) {
    return text + "more\n";
  }

  private static String mode(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  private static void append(Path file, String text) {
    try {
      Files.writeString(file, text, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void theModeIsKept() throws Exception {
    Files.writeString(file, "one\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));

    assertThat(table.edit(TableFileTest::addMore)).isTrue();

    assertThat(file).hasContent("one\nmore\n");
    assertThat(mode(file)).isEqualTo("rw-rw-rw-");
  }

  @Test
  void theOwnerIsKept() throws Exception {
    Files.writeString(file, "one\n");
    if ("root".equals(System.getProperty("user.name"))) {
      Files.setAttribute(file, "unix:uid", 12_345);
      Files.setAttribute(file, "unix:gid", 54_321);
    }
    Map<String, Object> before = Files.readAttributes(file, "unix:uid,gid");

    table.edit(TableFileTest::addMore);

    assertThat(file).hasContent("one\nmore\n");
    assertThat(Files.readAttributes(file, "unix:uid,gid")).isEqualTo(before);
  }

  @Test
  void extendedAttributesAreKept() throws Exception {
    Files.writeString(file, "one\n");
    boolean hasThem = Files.getFileStore(dir).supportsFileAttributeView("user");
    if (hasThem) {
      attributes(file).write("label", StandardCharsets.US_ASCII.encode("theirs"));
    }

    table.edit(TableFileTest::addMore);

    assertThat(file).hasContent("one\nmore\n");
    assertThat(hasThem && !attributes(file).list().contains("label")).isFalse();
  }

  private static UserDefinedFileAttributeView attributes(Path file) {
    return Objects.requireNonNull(
        Files.getFileAttributeView(file, UserDefinedFileAttributeView.class));
  }

  @Test
  void onlyTheLockFileIsLeftBeside() throws Exception {
    table.edit(TableFileTest::addMore);
    table.edit(TableFileTest::addMore);

    try (var files = Files.list(dir)) {
      assertThat(files).containsExactlyInAnyOrder(file, dir.resolve(".fstab.doceph.lock"));
    }
    assertThat(mode(dir.resolve(".fstab.doceph.lock"))).isEqualTo("rw-------");
  }

  @Test
  void whatAnInterruptedChangeLeftGoesWithTheNext() throws Exception {
    Path left = Files.writeString(dir.resolve(".fstab.doceph.new"), "half");

    table.edit(TableFileTest::addMore);

    assertThat(file).hasContent("more\n");
    assertThat(left).doesNotExist();
  }

  @Test
  void linksStayLinks() throws Exception {
    Path real = Files.writeString(Files.createDirectory(dir.resolve("real")).resolve("tab"), "a\n");
    Path middle = Files.createSymbolicLink(dir.resolve("middle"), Path.of("real/../real/tab"));
    Files.createSymbolicLink(file, middle);

    table.edit(TableFileTest::addMore);

    assertThat(file).isSymbolicLink();
    assertThat(middle).isSymbolicLink();
    assertThat(real).hasContent("a\nmore\n").isRegularFile();
    assertThat(real.resolveSibling(".tab.doceph.lock")).exists();
  }

  @Test
  void aLinkToNothingGetsItsFile() throws Exception {
    Files.createSymbolicLink(file, Path.of("not-there-yet"));

    table.edit(TableFileTest::addMore);

    assertThat(file).isSymbolicLink();
    assertThat(dir.resolve("not-there-yet")).hasContent("more\n");
  }

  @Test
  void linksInACircleAreSaid() throws Exception {
    Files.createSymbolicLink(file, Path.of("other"));
    Files.createSymbolicLink(dir.resolve("other"), Path.of("fstab"));

    assertThatThrownBy(() -> table.edit(TableFileTest::addMore))
        .hasMessageContaining("round in circles");
  }

  @Test
  void whatIsNoFileIsLeftAlone() throws Exception {
    Files.createSymbolicLink(file, Files.createDirectory(dir.resolve("folder")));

    assertThatThrownBy(() -> table.edit(TableFileTest::addMore))
        .hasMessageContaining("it is no regular file");
    assertThatThrownBy(() -> new TableFile(dir, "rw-------").read())
        .hasMessageContaining("cannot read")
        .hasMessageContaining("it is no regular file");
  }

  @Test
  void whatIsTooLargeIsNotRead() throws Exception {
    try (var channel =
        Files.newByteChannel(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.position(1L << 30);
      channel.write(StandardCharsets.US_ASCII.encode("x"));
    }

    assertThatThrownBy(table::read).hasMessageContaining("it is larger than 16 MiB");
  }

  @Test
  void aMissingDirectoryIsSaid() {
    TableFile lost = new TableFile(dir.resolve("no/rbdmap"), "rw-------");

    assertThat(lost.read()).isEmpty();
    assertThatThrownBy(() -> lost.edit(TableFileTest::addMore))
        .isInstanceOfSatisfying(
            VolumeError.class, e -> assertThat(e.code()).isEqualTo(VolumeError.Code.FAILED))
        .hasMessageContaining("cannot change " + dir.resolve("no/rbdmap") + ": ")
        .hasMessageContaining("see that its directory is there");
  }

  @Test
  void aDirectoryThatNobodyMayWriteToIsSaid() {
    TableFile kernels = new TableFile(Path.of("/proc/self/rbdmap"), "rw-------");

    assertThat(kernels.edit(text -> text)).isFalse();
    assertThatThrownBy(() -> kernels.edit(TableFileTest::addMore))
        .isInstanceOf(VolumeError.class)
        .hasMessageContaining("cannot change /proc/self/rbdmap: ");
  }

  @Test
  void aFailureLeavesTheFileAsItIs() throws Exception {
    Files.writeString(file, "one\n");
    Files.createDirectories(dir.resolve(".fstab.doceph.new/in-the-way"));

    assertThatThrownBy(() -> table.edit(TableFileTest::addMore))
        .isInstanceOf(VolumeError.class)
        .hasMessageContaining("cannot change " + file)
        .hasMessageContaining("(DirectoryNotEmpty)");

    assertThat(file).hasContent("one\n");
  }

  @Test
  void whatAnotherProgramWritesMeanwhileIsKept() throws Exception {
    Files.writeString(file, "one\n");
    AtomicInteger calls = new AtomicInteger();

    table.edit(
        text -> {
          if (calls.incrementAndGet() == 3) {
            append(file, "theirs\n");
          }
          return addMore(text);
        });

    assertThat(file).hasContent("one\ntheirs\nmore\n");
  }

  @Test
  void aFileThatAnotherProgramNeverLeavesAloneIsLeftToIt() throws Exception {
    Files.writeString(file, "");

    assertThatThrownBy(
            () ->
                table.edit(
                    text -> {
                      append(file, "theirs\n");
                      return addMore(text);
                    }))
        .hasMessageContaining("another program changed it");

    assertThat(Files.readString(file)).doesNotContain("more").contains("theirs");
  }

  @Test
  void theCopyIsOfTheFirstChangeAndForRootAlone() throws Exception {
    Files.writeString(file, "one\n");
    Path copy = dir.resolve("fstab.before-doceph");

    table.editWithCopy(text -> text);
    assertThat(copy).doesNotExist();
    table.editWithCopy(TableFileTest::addMore);
    table.editWithCopy(TableFileTest::addMore);

    assertThat(file).hasContent("one\nmore\nmore\n");
    assertThat(copy).hasContent("one\n");
    assertThat(mode(copy)).isEqualTo("rw-------");
    assertThat(dir.resolve(".fstab.doceph.copy")).doesNotExist();
  }

  @Test
  void aCopyThatIsALinkToNothingIsNotFollowed() throws Exception {
    Files.writeString(file, "one\n");
    Files.createSymbolicLink(dir.resolve("fstab.before-doceph"), Path.of("elsewhere"));

    table.editWithCopy(TableFileTest::addMore);

    assertThat(dir.resolve("elsewhere")).doesNotExist();
  }
}
