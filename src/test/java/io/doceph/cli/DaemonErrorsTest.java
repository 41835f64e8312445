package io.doceph.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of every answer that is not the one hoped for. */
class DaemonErrorsTest {
  private final Path directory;

  DaemonErrorsTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @ParameterizedTest
  @CsvSource({
    "400,invalid-request,2",
    "404,not-found,3",
    "409,conflict,4",
    "409,busy,4",
    "409,in-use,4",
    "500,failed,1",
    "503,unavailable,6",
    "504,timeout,6",
    "418,of-a-newer-daemon,1"
  })
  void theDaemonsErrorIsHandedOn(int status, String code, int exitCode) throws IOException {
    String error =
        "{\"error\":{\"code\":\""
            + code
            + "\",\"message\":\"volume db1: mkfs said \\\"no\\\"\\nand stopped\"}}";
    try (FakeDaemon daemon = FakeDaemon.answering(directory, status, error)) {
      CliRun text = CliRun.at(daemon.socket, "inspect", "db1");
      CliRun json = CliRun.at(daemon.socket, "inspect", "db1", "--json");

      assertThat(text)
          .isEqualTo(
              new CliRun(exitCode, "", "doceph: volume db1: mkfs said \"no\" and stopped\n"));
      assertThat(json).isEqualTo(new CliRun(exitCode, "", error + "\n"));
    }
  }

  @Test
  void slowChunksAndInterimAnswersAreUnderstood() throws IOException {
    try (FakeDaemon daemon =
        FakeDaemon.sending(
            directory,
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Enco",
            "ding: chunked\r\n\r\n4\r\n{\"mo\r\n0B;x=1\r\nuntp",
            "oint\":\"\r\n4\r\n/m\"}\r\n0\r\nTrailer: x\r\n\r\n")) {
      assertThat(CliRun.at(daemon.socket, "mount", "db1")).isEqualTo(new CliRun(0, "/m\n", ""));
    }
  }

  @Test
  void anAnswerWithoutALengthEndsWithTheConnection() throws IOException {
    try (FakeDaemon daemon =
        FakeDaemon.sending(directory, "HTTP/1.0 200\n\n{\"mount", "point\":\"/m\"}")) {
      assertThat(CliRun.at(daemon.socket, "mount", "db1")).isEqualTo(new CliRun(0, "/m\n", ""));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "HTT",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{\"mountpoint\":\"/m\"}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{\"m",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"
      })
  void anAnswerCutInTheMiddleLeavesTheOutcomeOpen(String answer) throws IOException {
    try (FakeDaemon daemon = FakeDaemon.sending(directory, answer)) {
      CliRun run = CliRun.at(daemon.socket, "mount", "db1");

      assertThat(run.code()).isEqualTo(ExitCode.UNAVAILABLE);
      assertThat(run.out()).isEmpty();
      assertThat(run.err())
          .isEqualTo(
              "doceph: the daemon at "
                  + daemon.socket
                  + " closed the connection before its answer was complete, so the outcome is unknown; look with 'doceph list' and in the daemon's log\n");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          SSH-2.0-OpenSSH_9.2\\r\\n                                                    | no HTTP status line
          garbage without a line end                                                   | no HTTP status line
          HTTP/2 200\\r\\n\\r\\n                                                       | no HTTP status line
          HTTP/1.1 200 OK\\r\\nnonsense\\r\\n\\r\\n                                    | a header line without a colon
          HTTP/1.1 200 OK\\r\\nContent-Length: x\\r\\n\\r\\n                           | a length that is no number
          HTTP/1.1 200 OK\\r\\nContent-Length: -1\\r\\n\\r\\n                          | a negative length
          HTTP/1.1 200 OK\\r\\nContent-Length: 99999999999\\r\\n\\r\\n                 | more than 64 MiB of body
          HTTP/1.1 200 OK\\r\\nTransfer-Encoding: gzip\\r\\n\\r\\n                     | an unknown transfer encoding
          HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\nzz\\r\\n          | a length that is no number
          HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n1\\r\\n{}\\r\\n | a chunk longer than it says
          """)
  void whatIsNotHttpIsSaidToBeSo(String answer, String why) throws IOException {
    try (FakeDaemon daemon = FakeDaemon.sending(directory, answer.translateEscapes())) {
      assertThat(CliRun.at(daemon.socket, "list"))
          .isEqualTo(
              new CliRun(
                  1,
                  "",
                  "doceph: what listens on "
                      + daemon.socket
                      + " does not answer like doceph ("
                      + why
                      + "); name doceph's socket with --socket\n"));
    }
  }

  @Test
  void headersWithoutEndAreNotReadForEver() throws IOException {
    String header = "X-Filler: " + "x".repeat(1000) + "\r\n";
    try (FakeDaemon daemon =
        FakeDaemon.sending(
            directory, "HTTP/1.1 200 OK\r\n" + header.repeat(40), FakeDaemon.SILENCE)) {
      assertThat(CliRun.at(daemon.socket, "list").err()).contains("(more than 32 KiB of headers)");
    }
  }

  @Test
  void aThousandSmallChunksAreNotTakenForHeaders() throws IOException {
    String padding = "20\r\n" + " ".repeat(32) + "\r\n";
    try (FakeDaemon daemon =
        FakeDaemon.sending(
            directory,
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + padding.repeat(10_000),
            "2\r\n{}\r\n0\r\n\r\n")) {
      assertThat(CliRun.at(daemon.socket, "umount", "db1")).isEqualTo(new CliRun(0, "", ""));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          500 | text/html        | <html>oops</html>
          404 | application/json | {"message":"page not found"}
          404 | application/json | {"error":"a text"}
          503 | text/plain       | later
          200 | text/html        | <html>
          200 | application/json | [1]
          200 | application/json | {"volumes":[]} trailing
          """)
  void anAnswerThatIsNotDocephsIsNeverTakenForOne(int status, String type, String body)
      throws IOException {
    String answer = "HTTP/1.1 " + status + " X\r\nContent-Type: " + type + "\r\n\r\n" + body;
    try (FakeDaemon daemon = FakeDaemon.sending(directory, answer)) {
      String message =
          "what listens on "
              + daemon.socket
              + " answered HTTP "
              + status
              + " ("
              + type
              + ") not as doceph does; look at the daemon's log, or name doceph's socket with --socket";
      assertThat(CliRun.at(daemon.socket, "list"))
          .isEqualTo(new CliRun(1, "", "doceph: " + message + "\n"));
      assertThat(CliRun.at(daemon.socket, "list", "--json"))
          .isEqualTo(
              new CliRun(
                  1,
                  "",
                  "{\"error\":{\"code\":\"bad-answer\",\"message\":\"" + message + "\"}}\n"));
    }
  }

  @Test
  void aListWithoutVolumesIsNoEmptyList() throws IOException {
    try (FakeDaemon daemon = FakeDaemon.answering(directory, 200, "{}")) {
      assertThat(CliRun.at(daemon.socket, "list"))
          .isEqualTo(
              new CliRun(
                  1,
                  "",
                  "doceph: the daemon's answer has no 'volumes'; is it doceph's socket, and of this version?\n"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"})
  void aDaemonThatHangsIsGivenUpOn(String beginning) throws IOException {
    try (FakeDaemon daemon = FakeDaemon.sending(directory, beginning, FakeDaemon.SILENCE)) {
      Instant start = Instant.now();

      CliRun run = CliRun.at(daemon.socket, "mount", "db1", "--timeout", "1");

      assertThat(run)
          .isEqualTo(
              new CliRun(
                  6,
                  "",
                  "doceph: the daemon at "
                      + daemon.socket
                      + " has not answered within 1 s and may still be at work; see what it does with 'doceph info'\n"));
      assertThat(Duration.between(start, Instant.now())).isLessThan(Duration.ofSeconds(30));
    }
  }
}
