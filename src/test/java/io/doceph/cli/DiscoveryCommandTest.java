package io.doceph.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DiscoveryCommandTest {
  private final Path dir;

  DiscoveryCommandTest(@TempDir Path dir) {
    this.dir = dir.resolve("plugins");
  }

  private CliRun discovery(String... args) {
    String[] all = new String[args.length + 3];
    all[0] = "discovery";
    System.arraycopy(args, 0, all, 1, args.length);
    all[args.length + 1] = "--directory";
    all[args.length + 2] = dir.toString();
    return CliRun.of(all);
  }

  private Path pem(String name) throws IOException {
    Files.createDirectories(dir);
    return Files.writeString(dir.resolve(name), "pem");
  }

  @ParameterizedTest
  @CsvSource({"unix:///run/doceph/plugin.sock", "tcp://127.0.0.1:9911", "tcp://[::1]:9911"})
  void anAddressIsWrittenAsDockerReadsIt(String address) {
    CliRun run = discovery(address);

    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(run.out()).startsWith("Docker finds the driver doceph by " + dir + "/doceph.spec\n");
    assertThat(dir.resolve("doceph.spec")).hasContent(address + "\n");
    assertThat(dir).isDirectoryNotContaining(file -> file.toString().endsWith(".new"));
  }

  @Test
  void httpsNamesItsCertificatesAndReplacesAnEarlierAddress() throws IOException {
    discovery("tcp://127.0.0.1:9911", "--name", "ssd");
    Path ca = pem("ca.pem");
    Path cert = pem("client.pem");
    Path key = pem("client.key");

    CliRun run =
        discovery(
            "https://10.1.2.3:9911",
            "--name",
            "ssd",
            "--ca",
            ca.toString(),
            "--cert",
            cert.toString(),
            "--key",
            key.toString());

    assertThat(run.code()).isZero();
    assertThat(dir.resolve("ssd.spec")).doesNotExist();
    assertThat(Json.parse(Files.readString(dir.resolve("ssd.json"))))
        .isEqualTo(
            Json.parse(
                """
                {"Name":"ssd","Addr":"https://10.1.2.3:9911","TLSConfig":{"InsecureSkipVerify":false,
                 "CAFile":"%s","CertFile":"%s","KeyFile":"%s"}}
                """
                    .formatted(ca, cert, key)));
  }

  @Test
  void removingTwiceIsSuccess() {
    discovery("tcp://127.0.0.1:9911");

    assertThat(discovery("--remove").code()).isZero();
    assertThat(discovery("--remove").code()).isZero();
    assertThat(dir).isEmptyDirectory();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ''                                       | give either an address
          tcp://127.0.0.1:9911 --remove            | give either an address
          127.0.0.1:9911                           | is no address; use unix:///PATH, tcp://HOST:PORT or https://HOST:PORT
          tcp://127.0.0.1:9911 --name ../x         | cannot be a driver's name
          https://10.1.2.3:9911                    | https needs --ca, --cert and --key; --ca is missing
          https://10.1.2.3:9911 --ca /no/such.pem  | --ca /no/such.pem cannot be read
          """)
  void whatIsWrongIsSaidAndNothingIsWritten(String arguments, String sentence) {
    CliRun run = discovery(arguments.isEmpty() ? new String[0] : arguments.split(" ", -1));

    assertThat(run.code()).isEqualTo(ErrorCode.INVALID_REQUEST.exitCode);
    assertThat(run.err()).contains(sentence);
    assertThat(dir).doesNotExist();
  }
}
