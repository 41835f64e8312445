package io.doceph.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each command that concerns volumes: what it asks of the daemon, and exactly what it prints. */
class VolumeCommandsTest {
  private static final String DB1 =
      "{\"name\":\"db1\",\"backend\":\"loop\",\"sizeBytes\":10737418240,\"filesystem\":\"ext4\",\"state\":\"mounted\",\"mountpoint\":\"/m/db1\","
          + "\"createdAt\":\"2026-01-02T03:04:05Z\",\"options\":{\"size\":\"10G\",\"fs\":\"ext4\"},"
          + "\"holders\":[{\"id\":\"cli\",\"count\":2,\"since\":\"2026-01-02T04:00:00Z\"}],\"problem\":null,\"later\":1}";
  private static final String WEB =
      "{\"name\":\"web\",\"backend\":\"vfs\",\"sizeBytes\":null,\"filesystem\":null,\"state\":\"ready\",\"mountpoint\":null,"
          + "\"createdAt\":\"2026-01-02T03:04:05Z\",\"options\":{},\"holders\":[],\"problem\":null}";

  private final Path directory;

  VolumeCommandsTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void createSendsWhatIsGivenAndPrintsTheName() throws IOException {
    try (FakeDaemon daemon = FakeDaemon.answering(directory, 200, DB1)) {
      CliRun run =
          CliRun.at(
              daemon.socket,
              "create",
              "db1",
              "--size",
              "10G",
              "--backend",
              "loop",
              "--fs=ext4",
              "-o",
              "mode=0770",
              "--opt",
              "mount=a=b,c");

      assertThat(run).isEqualTo(new CliRun(0, "db1\n", ""));
      assertThat(daemon.request())
          .isEqualTo(
              "POST /v1/volumes {\"name\":\"db1\",\"opts\":{\"size\":\"10G\",\"backend\":\"loop\",\"fs\":\"ext4\",\"mode\":\"0770\",\"mount\":\"a=b,c\"}}");
    }
  }

  @Test
  void driverIsConvoysWordForBackend() throws IOException {
    try (FakeDaemon daemon = FakeDaemon.answering(directory, 200, DB1)) {
      CliRun.at(daemon.socket, "create", "db1", "--driver", "loop");

      assertThat(daemon.request())
          .isEqualTo("POST /v1/volumes {\"name\":\"db1\",\"opts\":{\"backend\":\"loop\"}}");
    }
  }

  @Test
  void createWithoutANameMakesOneUp() throws IOException {
    try (FakeDaemon daemon = FakeDaemon.answering(directory, 200, DB1)) {
      CliRun run = CliRun.at(daemon.socket, "create");

      assertThat(run.code()).isZero();
      assertThat(run.out()).matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\n");
      assertThat(daemon.request())
          .isEqualTo("POST /v1/volumes {\"name\":\"" + run.out().strip() + "\",\"opts\":{}}");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "-o size,            option 'size' is not of the form KEY=VALUE; -o mode=0770",
    "-o =1,              option '=1' is not of the form KEY=VALUE; -o mode=0770",
    "-o size=1 --size=2, option 'size' is given twice; give it once",
    "-o a=1 -o a=2,      option 'a' is given twice; give it once"
  })
  void createRefusesOptionsThatSayNothingOrTwoThings(String options, String expected) {
    CliRun run = CliRun.of(("create db1 " + options).split(" "));

    String message = expected.replace("; -o", ", as in -o");
    assertThat(run).isEqualTo(new CliRun(2, "", "doceph: " + message + "\n"));
  }

  @ParameterizedTest
  @CsvSource({"delete db1,false", "delete -r db1,true", "delete db1 --reference,true"})
  void deleteSaysWhetherTheDataStays(String command, String reference) throws IOException {
    try (FakeDaemon daemon = FakeDaemon.answering(directory, 200, "{}")) {
      CliRun run = CliRun.at(daemon.socket, command.split(" "));

      assertThat(run).isEqualTo(new CliRun(0, "", ""));
      assertThat(daemon.request()).isEqualTo("DELETE /v1/volumes/db1?reference=" + reference);
    }
  }

  @Test
  void anAnswerWithoutContentIsSuccess() throws IOException {
    try (FakeDaemon daemon = FakeDaemon.sending(directory, "HTTP/1.1 204 No Content\r\n\r\n")) {
      assertThat(CliRun.at(daemon.socket, "delete", "db1", "--json"))
          .isEqualTo(new CliRun(0, "{ }\n", ""));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"list", "ls"})
  void listIsATable(String command) throws IOException {
    try (FakeDaemon daemon =
        FakeDaemon.answering(directory, 200, "{\"volumes\":[" + DB1 + "," + WEB + "]}")) {
      CliRun run = CliRun.at(daemon.socket, command);

      assertThat(run)
          .isEqualTo(
              new CliRun(
                  0,
                  """
                  NAME  BACKEND  SIZE    FILESYSTEM  STATE    HOLDERS  MOUNTPOINT
                  db1   loop     10 GiB  ext4        mounted  1        /m/db1
                  web   vfs      -       -           ready    0        -
                  """,
                  ""));
      assertThat(daemon.request()).isEqualTo("GET /v1/volumes");
    }
  }

  @Test
  void aProblemIsTheLastColumnAndCannotSteerTheTerminal() throws IOException {
    String broken =
        WEB.replace("\"problem\":null", "\"problem\":\"gone:\\n\\u001b[2Jthe file @|red x|@\"");
    try (FakeDaemon daemon =
        FakeDaemon.answering(directory, 200, "{\"volumes\":[" + broken + "]}")) {
      assertThat(CliRun.at(daemon.socket, "list").out())
          .isEqualTo(
              """
              NAME  BACKEND  SIZE  FILESYSTEM  STATE  HOLDERS  MOUNTPOINT  PROBLEM
              web   vfs      -     -           ready  0        -           gone: ?[2Jthe file @|red x|@
              """);
    }
  }

  @Test
  void listOfNothingIsTheHeader() throws IOException {
    try (FakeDaemon daemon = FakeDaemon.answering(directory, 200, "{\"volumes\":[]}")) {
      assertThat(CliRun.at(daemon.socket, "list").out())
          .isEqualTo("NAME  BACKEND  SIZE  FILESYSTEM  STATE  HOLDERS  MOUNTPOINT\n");
    }
  }

  @Test
  void jsonIsTheDaemonsAnswerWhereverTheOptionStands() throws IOException {
    try (FakeDaemon daemon =
        FakeDaemon.answering(
            directory, 200, "{\"volumes\":[{\"name\":\"db1\",\"new\":{\"a\":[1]}}]}")) {
      CliRun before = CliRun.of("--json", "--socket", daemon.socket.toString(), "list");
      CliRun after = CliRun.at(daemon.socket, "list", "--json");

      assertThat(before)
          .isEqualTo(
              new CliRun(
                  0,
                  """
                  {
                    "volumes" : [ {
                      "name" : "db1",
                      "new" : {
                        "a" : [ 1 ]
                      }
                    } ]
                  }
                  """,
                  ""));
      assertThat(after).isEqualTo(before);
    }
  }

  @Test
  void inspectShowsEverything() throws IOException {
    try (FakeDaemon daemon = FakeDaemon.answering(directory, 200, DB1)) {
      assertThat(CliRun.at(daemon.socket, "inspect", "db1"))
          .isEqualTo(
              new CliRun(
                  0,
                  """
                  Name:        db1
                  Backend:     loop
                  Size:        10 GiB (10737418240 bytes)
                  Filesystem:  ext4
                  State:       mounted
                  Mountpoint:  /m/db1
                  Created:     2026-01-02T03:04:05Z
                  Options:     size=10G, fs=ext4

                  HOLDER  COUNT  SINCE
                  cli     2      2026-01-02T04:00:00Z
                  """,
                  ""));
      assertThat(daemon.request()).isEqualTo("GET /v1/volumes/db1");
    }
  }

  @Test
  void inspectOfAPlainVolumeHasNoSizeAndNoHolders() throws IOException {
    try (FakeDaemon daemon =
        FakeDaemon.answering(
            directory,
            200,
            WEB.replace("\"problem\":null", "\"problem\":\"its directory is gone\""))) {
      assertThat(CliRun.at(daemon.socket, "inspect", "web").out())
          .isEqualTo(
              """
              Name:        web
              Backend:     vfs
              Size:        -
              Filesystem:  -
              State:       ready
              Mountpoint:  -
              Created:     2026-01-02T03:04:05Z
              Options:     -
              Problem:     its directory is gone
              Holders:     none
              """);
    }
  }

  @Test
  void inspectSaysWhoWritesElsewhere() throws IOException {
    String used =
        WEB.replace("\"holders\"", "\"usedBy\":\"host node7 (10.0.0.7:0/1)\",\"holders\"");
    try (FakeDaemon daemon = FakeDaemon.answering(directory, 200, used)) {
      assertThat(CliRun.at(daemon.socket, "inspect", "web").out())
          .contains("Options:     -\nUsed by:     host node7 (10.0.0.7:0/1)\nHolders:     none\n");
    }
  }

  @Test
  void mountPrintsTheMountpoint() throws IOException {
    try (FakeDaemon daemon = FakeDaemon.answering(directory, 200, "{\"mountpoint\":\"/m/db1\"}")) {
      assertThat(CliRun.at(daemon.socket, "mount", "db1")).isEqualTo(new CliRun(0, "/m/db1\n", ""));
      assertThat(daemon.request()).isEqualTo("POST /v1/volumes/db1/mount {\"id\":\"cli\"}");
    }
  }

  @Test
  void aMountWithoutAMountpointIsNoSuccess() throws IOException {
    try (FakeDaemon daemon = FakeDaemon.answering(directory, 200, "{}")) {
      CliRun run = CliRun.at(daemon.socket, "mount", "db1");

      assertThat(run.code()).isEqualTo(ExitCode.FAILED);
      assertThat(run.out()).isEmpty();
      assertThat(run.err()).startsWith("doceph: the daemon's answer has no 'mountpoint'");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"umount", "unmount"})
  void umountGivesUpTheMountsOfThisProgram(String command) throws IOException {
    try (FakeDaemon daemon = FakeDaemon.answering(directory, 200, "{}")) {
      assertThat(CliRun.at(daemon.socket, command, "db1")).isEqualTo(new CliRun(0, "", ""));
      assertThat(daemon.request()).isEqualTo("POST /v1/volumes/db1/unmount {\"id\":\"cli\"}");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"grow db1 --size 10G", "grow --size=10G db1", "grow db1 10G"})
  void growTakesTheSizeInEitherPlace(String command) throws IOException {
    try (FakeDaemon daemon = FakeDaemon.answering(directory, 200, DB1)) {
      assertThat(CliRun.at(daemon.socket, command.split(" ")))
          .isEqualTo(new CliRun(0, "10 GiB\n", ""));
      assertThat(daemon.request()).isEqualTo("POST /v1/volumes/db1/grow {\"size\":\"10G\"}");
    }
  }

  @ParameterizedTest
  @CsvSource({"grow db1,missing", "grow db1 10G --size 20G,given twice"})
  void growWantsOneSize(String command, String why) {
    CliRun run = CliRun.of(command.split(" "));

    assertThat(run.code()).isEqualTo(ExitCode.INVALID);
    assertThat(run.err()).startsWith("doceph: the new size is " + why + "; give it");
  }

  @ParameterizedTest
  @CsvSource({"a/b ?c,a%2Fb%20%3Fc", "ä%,%C3%A4%25", "..x,..x"})
  void aNameIsEncodedWhateverItIs(String name, String encoded) throws IOException {
    try (FakeDaemon daemon = FakeDaemon.answering(directory, 200, WEB)) {
      CliRun.at(daemon.socket, "inspect", name);

      assertThat(daemon.request()).isEqualTo("GET /v1/volumes/" + encoded);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", ".."})
  void aNameThatWouldMeanAnotherPathIsNeverSent(String name) {
    assertThat(CliRun.of("delete", name))
        .isEqualTo(
            new CliRun(
                2,
                "",
                "doceph: '"
                    + name
                    + "' is no volume name; a name begins with a letter or a digit, as in db1\n"));
  }
}
