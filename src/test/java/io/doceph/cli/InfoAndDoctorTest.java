package io.doceph.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InfoAndDoctorTest {
  private static final String IDLE =
      "{\"version\":\"1.0.0\",\"pid\":42,\"startedAt\":\"2026-01-02T03:04:05Z\",\"uptimeSeconds\":7,\"socket\":\"/s\",\"scope\":\"local\","
          + "\"backends\":[{\"name\":\"vfs\",\"enabled\":true,\"default\":true,\"state\":\"ok\",\"detail\":\"/srv\"},"
          + "{\"name\":\"loop\",\"enabled\":false,\"default\":false,\"state\":\"unavailable\",\"detail\":null}],"
          + "\"volumes\":3,\"mounted\":1,\"operations\":[],\"commands\":[],\"metrics\":{}}";
  private static final String IDLE_TEXT =
      """
      Version:  1.0.0
      Process:  42
      Started:  2026-01-02T03:04:05Z
      Socket:   /s
      Scope:    local
      Volumes:  3, 1 of them mounted

      BACKEND  ENABLED  DEFAULT  STATE        DETAIL
      vfs      yes      yes      ok           /srv
      loop     no       no       unavailable  -
      """;

  private final Path directory;

  InfoAndDoctorTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void infoOfAnIdleDaemon() throws IOException {
    try (FakeDaemon daemon = FakeDaemon.answering(directory, 200, IDLE)) {
      assertThat(CliRun.at(daemon.socket, "info")).isEqualTo(new CliRun(0, IDLE_TEXT, ""));
      assertThat(daemon.request()).isEqualTo("GET /v1/info");
    }
  }

  @Test
  void infoOfABusyDaemonSaysWhatItDoes() throws IOException {
    String busy =
        IDLE.replace(
                "\"operations\":[]",
                "\"operations\":[{\"volume\":\"db1\",\"operation\":\"create\",\"since\":\"2026-01-02T03:04:09Z\"}]")
            .replace(
                "\"commands\":[]",
                "\"commands\":[\"mkfs.ext4 /dev/loop0\",{\"program\":\"mount\",\"pid\":7}]")
            .replace("\"metrics\":{}", "\"metrics\":{\"mounts_total\":12,\"rss\":1.5}");
    try (FakeDaemon daemon = FakeDaemon.answering(directory, 200, busy)) {
      assertThat(CliRun.at(daemon.socket, "info").out())
          .isEqualTo(
              IDLE_TEXT
                  + """

                  VOLUME  OPERATION  SINCE
                  db1     create     2026-01-02T03:04:09Z

                  RUNNING COMMAND
                  mkfs.ext4 /dev/loop0
                  program=mount, pid=7

                  METER         VALUE
                  mounts_total  12
                  rss           1.5
                  """);
    }
  }

  @Test
  void infoShowsTheFactsOfACluster() throws IOException {
    String facts =
        IDLE.replace(
            "\"operations\":[]",
            "\"cluster\":{\"mapper\":\"krbd\",\"pools\":\"volumes, fast\"},\"operations\":[]");
    try (FakeDaemon daemon = FakeDaemon.answering(directory, 200, facts)) {
      assertThat(CliRun.at(daemon.socket, "info").out())
          .isEqualTo(
              IDLE_TEXT
                  + """

                  CLUSTER  VALUE
                  mapper   krbd
                  pools    volumes, fast
                  """);
    }
  }

  @Test
  void doctorMendsWhenAsked() throws IOException {
    try (FakeDaemon daemon =
        FakeDaemon.answering(
            directory,
            200,
            "{\"checks\":[{\"name\":\"volume a\",\"status\":\"ok\",\"detail\":\"mended: x\",\"remedy\":null}],\"healthy\":true}")) {
      CliRun run = CliRun.at(daemon.socket, "doctor", "--repair");

      assertThat(run.code()).isZero();
      assertThat(run.out()).contains("ok      volume a  mended: x\n");
      assertThat(daemon.request()).isEqualTo("POST /v1/doctor/repair {}");
    }
  }

  @Test
  void doctorEndsWithSevenOnAProblemAndSaysHowToMendIt() throws IOException {
    String checks =
        "{\"checks\":[{\"name\":\"kernel\",\"status\":\"ok\",\"detail\":\"6.1\",\"remedy\":null},"
            + "{\"name\":\"tools\",\"status\":\"problem\",\"detail\":\"mkfs.xfs is missing\",\"remedy\":\"apt-get install xfsprogs\"},"
            + "{\"name\":\"space\",\"status\":\"warning\",\"detail\":\"9 % free\",\"remedy\":\"delete volumes\"}],\"healthy\":false}";
    try (FakeDaemon daemon = FakeDaemon.answering(directory, 200, checks)) {
      assertThat(CliRun.at(daemon.socket, "doctor"))
          .isEqualTo(
              new CliRun(
                  7,
                  """
                  STATUS   CHECK   DETAIL
                  ok       kernel  6.1
                  problem  tools   mkfs.xfs is missing
                  warning  space   9 % free

                  What to do:
                    tools: apt-get install xfsprogs
                    space: delete volumes

                  3 checks, 1 warnings, 1 problems
                  """,
                  ""));
      assertThat(daemon.request()).isEqualTo("GET /v1/doctor");
    }
  }

  @Test
  void doctorEndsWithZeroOnWarningsAlone() throws IOException {
    String checks =
        "{\"checks\":[{\"name\":\"space\",\"status\":\"warning\",\"detail\":\"9 % free\",\"remedy\":null}],\"healthy\":true}";
    try (FakeDaemon daemon = FakeDaemon.answering(directory, 200, checks)) {
      assertThat(CliRun.at(daemon.socket, "doctor"))
          .isEqualTo(
              new CliRun(
                  0,
                  "STATUS   CHECK  DETAIL\nwarning  space  9 % free\n\n1 checks, 1 warnings, 0 problems\n",
                  ""));
    }
  }

  @Test
  void doctorsJsonHasTheSameExitCode() throws IOException {
    try (FakeDaemon daemon =
        FakeDaemon.answering(directory, 200, "{\"checks\":[],\"healthy\":false}")) {
      assertThat(CliRun.at(daemon.socket, "doctor", "--json"))
          .isEqualTo(new CliRun(7, "{\n  \"checks\" : [ ],\n  \"healthy\" : false\n}\n", ""));
    }
  }
}
