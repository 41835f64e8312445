package io.doceph.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each command about what other hosts see too: what it asks of the daemon, and what it prints. */
class ClusterCommandsTest {
  private static final String DB1 = "{\"name\":\"db1\",\"holders\":[]}";
  private static final String WRITER =
      "{\"host\":\"node7\",\"hostId\":\"h7\",\"address\":\"10.0.0.7:0/1\",\"since\":\"2026-01-02T03:04:05Z\",\"writer\":true,\"alive\":true}";
  private static final String STRANGER =
      "{\"host\":null,\"hostId\":null,\"address\":\"10.0.0.9:0/3\",\"since\":null,\"writer\":true,\"alive\":false}";
  private static final String READER =
      "{\"host\":\"node8\",\"hostId\":\"h8\",\"address\":null,\"since\":null,\"writer\":false,\"alive\":true}";
  private static final String TRASH =
      "[{\"id\":\"1fb6\",\"name\":\"db1\",\"sizeBytes\":1073741824,\"pool\":\"volumes\",\"deletedAt\":\"2026-01-02T03:04:05Z\",\"expiresAt\":\"2026-01-09T03:04:05Z\"},"
          + "{\"id\":\"2fb6\",\"name\":\"web\",\"sizeBytes\":null,\"pool\":null,\"deletedAt\":\"2026-01-01T03:04:05Z\",\"expiresAt\":\"2026-01-08T03:04:05Z\"}]";

  private final Path directory;

  ClusterCommandsTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "protect db1   | POST /v1/volumes/db1/protect {}",
        "unprotect db1 | POST /v1/volumes/db1/unprotect {}",
        "access db1 ro | POST /v1/volumes/db1/access {\"readOnly\":true}",
        "access db1 rw | POST /v1/volumes/db1/access {\"readOnly\":false}"
      })
  void aPropertyIsChangedWithoutAWord(String command, String request) throws IOException {
    try (FakeDaemon daemon = FakeDaemon.answering(directory, 200, DB1)) {
      assertThat(CliRun.at(daemon.socket, command.split(" "))).isEqualTo(new CliRun(0, "", ""));
      assertThat(daemon.request()).isEqualTo(request);
    }
  }

  @Test
  void whoIsATable() throws IOException {
    try (FakeDaemon daemon =
        FakeDaemon.answering(
            directory, 200, "{\"users\":[" + WRITER + "," + STRANGER + "," + READER + "]}")) {
      assertThat(CliRun.at(daemon.socket, "who", "db1"))
          .isEqualTo(
              new CliRun(
                  0,
                  """
                  HOST   ADDRESS       SINCE                 ACCESS  STATE
                  node7  10.0.0.7:0/1  2026-01-02T03:04:05Z  rw      alive
                  -      10.0.0.9:0/3  -                     rw      silent
                  node8  -             -                     ro      alive
                  """,
                  ""));
      assertThat(daemon.request()).isEqualTo("GET /v1/volumes/db1/users");
    }
  }

  @Test
  void stealNamesThoseWhoAreCutOffAndAsks() throws IOException {
    // Given two who write and one who reads
    String answer =
        "{\"users\":["
            + String.join(",", WRITER, STRANGER, READER)
            + "],\"done\":[\"node7 is blocklisted\",\"its lock is broken\"]}";
    try (FakeDaemon daemon = FakeDaemon.answering(directory, 200, answer)) {
      // When
      CliRun run = CliRun.typing("y\n", daemon.socket, "steal", "db1");

      // Then
      assertThat(run)
          .isEqualTo(
              new CliRun(
                  0,
                  "node7 is blocklisted\nits lock is broken\n",
                  "This cuts off host node7 (10.0.0.7:0/1, since 2026-01-02T03:04:05Z, alive) and a client that is no doceph (10.0.0.9:0/3, silent) from volume db1: "
                      + "what is not written yet is lost. Go on? [y/N] "));
      assertThat(daemon.requests())
          .containsExactly("GET /v1/volumes/db1/users", "POST /v1/volumes/db1/steal {}");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"n\n", "\n", "", "yeah\n"})
  void stealDoesNothingWithoutAYes(String typed) throws IOException {
    try (FakeDaemon daemon = FakeDaemon.answering(directory, 200, "{\"users\":[" + READER + "]}")) {
      CliRun run = CliRun.typing(typed, daemon.socket, "steal", "db1");

      assertThat(run.code()).isEqualTo(ExitCode.FAILED);
      assertThat(run.out()).isEmpty();
      assertThat(run.err())
          .startsWith("Nobody is known to write to volume db1; ")
          .endsWith("doceph: nothing was done\n");
      assertThat(daemon.requests()).containsExactly("GET /v1/volumes/db1/users");
    }
  }

  @ParameterizedTest
  @CsvSource({"steal db1,steal cuts other hosts off", "trash purge --all,purge --all deletes"})
  void withoutATerminalNothingIsAskedNorDone(String command, String what) throws IOException {
    try (FakeDaemon daemon = FakeDaemon.answering(directory, 200, "{}")) {
      CliRun run = CliRun.at(daemon.socket, command.split(" "));

      assertThat(run.code()).isEqualTo(ExitCode.INVALID);
      assertThat(run.out()).isEmpty();
      assertThat(run.err())
          .startsWith("doceph: " + what)
          .endsWith("no terminal; if you are sure: 'doceph " + command + " --yes'\n");
      assertThat(daemon.requests()).isEmpty();
    }
  }

  @Test
  void stealDoesNotAskWhoIsSure() throws IOException {
    try (FakeDaemon daemon = FakeDaemon.answering(directory, 200, "{\"done\":[]}")) {
      assertThat(CliRun.at(daemon.socket, "steal", "db1", "--yes"))
          .isEqualTo(new CliRun(0, "there was nobody to cut off\n", ""));
      assertThat(daemon.request()).isEqualTo("POST /v1/volumes/db1/steal {}");
    }
  }

  @Test
  void adoptSendsTheImageAsItIsAndPrintsTheName() throws IOException {
    try (FakeDaemon daemon = FakeDaemon.answering(directory, 200, DB1)) {
      CliRun run =
          CliRun.at(
              daemon.socket,
              "adopt",
              "volumes/ns/db1",
              "--fs=ext4",
              "--mount",
              "noatime",
              "--user",
              "docker",
              "--protected");

      assertThat(run).isEqualTo(new CliRun(0, "db1\n", ""));
      assertThat(daemon.request())
          .isEqualTo(
              "POST /v1/adopt {\"image\":\"volumes/ns/db1\",\"opts\":{\"fs\":\"ext4\",\"mount\":\"noatime\",\"auth_user\":\"docker\",\"protected\":true}}");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"list", "ls"})
  void trashListIsATable(String command) throws IOException {
    try (FakeDaemon daemon = FakeDaemon.answering(directory, 200, "{\"trash\":" + TRASH + "}")) {
      assertThat(CliRun.at(daemon.socket, "trash", command))
          .isEqualTo(
              new CliRun(
                  0,
                  """
                  NAME  ID    SIZE   POOL     DELETED               EXPIRES
                  db1   1fb6  1 GiB  volumes  2026-01-02T03:04:05Z  2026-01-09T03:04:05Z
                  web   2fb6  -      -        2026-01-01T03:04:05Z  2026-01-08T03:04:05Z
                  """,
                  ""));
      assertThat(daemon.request()).isEqualTo("GET /v1/trash");
    }
  }

  @Test
  void trashTakesTheOptionsOfAllCommandsAnywhere() throws IOException {
    try (FakeDaemon daemon = FakeDaemon.answering(directory, 200, "{\"trash\":[]}")) {
      String socket = daemon.socket.toString();
      CliRun expected = new CliRun(0, "{\n  \"trash\" : [ ]\n}\n", "");

      assertThat(CliRun.of("--json", "--socket", socket, "trash", "list")).isEqualTo(expected);
      assertThat(CliRun.of("trash", "--json", "--socket", socket, "list")).isEqualTo(expected);
      assertThat(CliRun.of("trash", "list", "--json", "--socket", socket)).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "trash restore 1fb6          | {\"which\":\"1fb6\"}",
        "trash restore old --as db1  | {\"which\":\"old\",\"as\":\"db1\"}"
      })
  void restorePrintsTheName(String command, String body) throws IOException {
    try (FakeDaemon daemon = FakeDaemon.answering(directory, 200, DB1)) {
      assertThat(CliRun.at(daemon.socket, command.split(" +")))
          .isEqualTo(new CliRun(0, "db1\n", ""));
      assertThat(daemon.request()).isEqualTo("POST /v1/trash/restore " + body);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "trash purge db1         | {\"which\":\"db1\"}",
        "trash purge --expired   | {\"expired\":true}",
        "trash purge --all --yes | {\"all\":true}"
      })
  void purgePrintsWhatIsGone(String command, String body) throws IOException {
    try (FakeDaemon daemon =
        FakeDaemon.answering(
            directory,
            200,
            "{\"purged\":[{\"id\":\"1\",\"name\":\"db1\"},{\"id\":\"2\",\"name\":\"web\"}]}")) {
      assertThat(CliRun.at(daemon.socket, command.split(" ")))
          .isEqualTo(new CliRun(0, "db1\nweb\n", ""));
      assertThat(daemon.request()).isEqualTo("POST /v1/trash/purge " + body);
    }
  }

  @Test
  void purgeOfAllSaysHowManyAndAsks() throws IOException {
    try (FakeDaemon daemon =
        FakeDaemon.answering(directory, 200, "{\"trash\":" + TRASH + ",\"purged\":[]}")) {
      CliRun run = CliRun.typing("yes\n", daemon.socket, "trash", "purge", "--all");

      assertThat(run)
          .isEqualTo(
              new CliRun(0, "", "This deletes all 2 removed volumes for good. Go on? [y/N] "));
      assertThat(daemon.requests())
          .containsExactly("GET /v1/trash", "POST /v1/trash/purge {\"all\":true}");
    }
  }

  @Test
  void purgeOfAnEmptyTrashHasNothingToAsk() throws IOException {
    try (FakeDaemon daemon = FakeDaemon.answering(directory, 200, "{\"trash\":[]}")) {
      assertThat(CliRun.typing("", daemon.socket, "trash", "purge", "--all"))
          .isEqualTo(new CliRun(0, "", ""));
      assertThat(daemon.request()).isEqualTo("GET /v1/trash");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " db1 --all", " --all --expired", " --yes"})
  void purgeWantsToKnowWhich(String arguments) {
    assertThat(CliRun.of(("trash purge" + arguments).split(" ")))
        .isEqualTo(
            new CliRun(
                2,
                "",
                "doceph: say which: a name or an ID, or --expired, or --all, as in 'doceph trash purge vol1'\n"));
  }

  @Test
  void importLegacyShowsWhatBecameOfEach() throws IOException {
    String volumes =
        String.join(
            ",",
            "{\"name\":\"a\",\"obstacle\":null,\"notes\":[\"was mounted at /mnt/a\"],\"adopted\":true,\"done\":[\"out of fstab\"],\"error\":null}",
            "{\"name\":\"/x/b\",\"obstacle\":\"it is no JSON\",\"notes\":[],\"adopted\":false,\"done\":[],\"error\":null}",
            "{\"name\":\"c\",\"obstacle\":null,\"notes\":[],\"adopted\":false,\"done\":[],\"error\":\"there is no image\"}");
    try (FakeDaemon daemon =
        FakeDaemon.answering(directory, 200, "{\"volumes\":[" + volumes + "]}")) {
      assertThat(CliRun.at(daemon.socket, "import-legacy", "--metadata", "/x"))
          .isEqualTo(
              new CliRun(
                  1,
                  """
                  VOLUME  RESULT      DETAIL
                  a       taken over  -
                  a       note        was mounted at /mnt/a
                  a       done        out of fstab
                  /x/b    left        it is no JSON
                  c       failed      there is no image
                  """,
                  ""));
      assertThat(daemon.request())
          .isEqualTo("POST /v1/import-legacy {\"metadata\":\"/x\",\"dryRun\":false}");
    }
  }

  @Test
  void aDryRunSaysWhatIsFound() throws IOException {
    try (FakeDaemon daemon =
        FakeDaemon.answering(
            directory,
            200,
            "{\"volumes\":[{\"name\":\"a\",\"notes\":[],\"done\":[],\"adopted\":false}]}")) {
      CliRun run = CliRun.at(daemon.socket, "import-legacy", "--metadata=x", "--dry-run");

      assertThat(run).isEqualTo(new CliRun(0, "VOLUME  RESULT  DETAIL\na       found   -\n", ""));
      assertThat(daemon.request())
          .isEqualTo(
              "POST /v1/import-legacy {\"metadata\":\""
                  + Path.of("x").toAbsolutePath()
                  + "\",\"dryRun\":true}");
    }
  }

  @Test
  void nothingToTakeOverIsSaid() throws IOException {
    try (FakeDaemon daemon = FakeDaemon.answering(directory, 200, "{\"volumes\":[]}")) {
      assertThat(CliRun.at(daemon.socket, "import-legacy", "--metadata", "/x"))
          .isEqualTo(
              new CliRun(
                  0, "there is nothing of the original doceph in /x and in the tables\n", ""));
    }
  }
}
