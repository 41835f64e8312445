package io.doceph.host.process;

import static io.doceph.host.process.Scripts.runner;
import static io.doceph.host.process.Scripts.sh;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.doceph.host.process.CommandFailure.Kind;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands that end by themselves, well or badly. */
class ProcessRunnerTest {

  private static final int MIB = 1 << 20;

  private final ProcessRunner runner = runner();

  private final Path dir;

  ProcessRunnerTest(@TempDir Path dir) {
    this.dir = dir;
  }

  private CommandFailure failure(Command command) {
    return catchThrowableOfType(CommandFailure.class, () -> runner.run(command));
  }

  @Test
  void givesWhatTheProgramWrote() {
    CommandResult result = runner.run(sh("echo out; echo err >&2"));

    assertThat(result.exitCode()).isZero();
    assertThat(result.text()).isEqualTo("out\n");
    assertThat(result.stderr()).isEqualTo("err\n");
    assertThat(result.duration()).isPositive();
  }

  @Test
  void passesArgumentsAsTheyAre() {
    Command command = sh("printf '%s|' \"$@\"").arg("sh", "a b", "$HOME", "'; rm -rf /", "", "-x");

    assertThat(runner.run(command).text()).isEqualTo("a b|$HOME|'; rm -rf /||-x|");
  }

  @Test
  void tellsExitCodeAndTheProgramsWords() {
    CommandFailure failure =
        failure(sh("echo 'losetup: cannot find an unused loop device' >&2; exit 7"));

    assertThat(failure.kind()).isEqualTo(Kind.EXIT);
    assertThat(failure.exitCode()).isEqualTo(7);
    assertThat(failure.pid()).isPositive();
    assertThat(failure)
        .hasMessageMatching(
            "sh -c .*: exit 7 after 0\\.\\d s: losetup: cannot find an unused loop device");
    assertThat(failure.ended()).isCompleted();
  }

  @Test
  void anAcceptedExitCodeIsNoFailure() {
    assertThat(runner.run(sh("exit 2").acceptExit(1, 2)).exitCode()).isEqualTo(2);
    assertThat(runner.run(sh("exit 0").acceptExit(2)).exitCode()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {9, 11, 15})
  void tellsTheSignalThatEndedIt(int signal) {
    CommandFailure failure = failure(sh("kill -" + signal + " $$"));

    assertThat(failure.kind()).isEqualTo(Kind.SIGNAL);
    assertThat(failure.signal()).isEqualTo(signal);
    assertThat(failure.exitCode()).isZero();
    assertThat(failure).hasMessageContaining("ended by signal " + signal);
  }

  @Test
  void aMissingProgramIsNotStarted() {
    CommandFailure failure = failure(Command.of(dir.resolve("nothing"), CommandClass.LOCAL));

    assertThat(failure.kind()).isEqualTo(Kind.NOT_STARTED);
    assertThat(failure).hasMessageContaining("No such file or directory");
    assertThat(failure.pid()).isZero();
  }

  @Test
  void aFileWithoutExecutePermissionIsNotStarted() throws Exception {
    Path program = Files.writeString(dir.resolve("plain"), "#!/bin/sh\nexit 0\n");

    CommandFailure failure = failure(Command.of(program, CommandClass.LOCAL));

    assertThat(failure.kind()).isEqualTo(Kind.NOT_STARTED);
    assertThat(failure).hasMessageContaining("Permission denied");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "exit 0\n",
        "\u007fELF",
        "\u007fELF\u0002\u0001\u0001 and more that is no program"
      })
  void aFileThatIsNoProgramIsNotHandedToAShell(String content) throws Exception {
    Path program = Files.writeString(dir.resolve("wrong"), content);
    assertThat(program.toFile().setExecutable(true)).isTrue();

    CommandFailure failure = failure(Command.of(program, CommandClass.LOCAL));

    assertThat(failure.kind()).isEqualTo(Kind.NOT_STARTED);
  }

  @Test
  void aProgramForAnotherMachineIsNotStarted() throws Exception {
    byte[] shell = Files.readAllBytes(Scripts.SHELL.toRealPath());
    shell[18] ^= 0x55;
    Path program = Files.write(dir.resolve("foreign"), shell);
    assertThat(program.toFile().setExecutable(true)).isTrue();

    CommandFailure failure = failure(Command.of(program, CommandClass.LOCAL));

    assertThat(failure.kind()).isEqualTo(Kind.NOT_STARTED);
    assertThat(failure).hasMessageContaining("another kind of machine");
  }

  @Test
  void theEnvironmentHoldsNothingOfOurs() {
    Command command =
        Command.of(Path.of("/usr/bin/env"), CommandClass.LOCAL).env("CEPH_ARGS", "--id docker");

    List<String> lines = runner.run(command).text().lines().toList();

    // Whatever this JVM was started with (and it has some), nothing of it is passed on.
    assertThat(System.getenv()).isNotEmpty();
    assertThat(lines)
        .filteredOn(line -> !line.startsWith("DOCEPH_RUN="))
        .containsExactlyInAnyOrder(
            "LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/", "CEPH_ARGS=--id docker");
    assertThat(lines).filteredOn(line -> line.startsWith("DOCEPH_RUN=")).hasSize(1);
  }

  @Test
  void everyRunHasItsOwnMarker() {
    Command command = sh("echo $DOCEPH_RUN");

    assertThat(runner.run(command).text()).isNotEqualTo(runner.run(command).text());
  }

  @Test
  void noDescriptorOfOursIsPassedOn() {
    // ls itself has its directory open: number 3.
    assertThat(runner.run(sh("ls /proc/self/fd")).text().lines())
        .containsExactly("0", "1", "2", "3");
  }

  @Test
  void standardInputIsEmptyUnlessGiven() {
    assertThat(runner.run(sh("cat; echo end")).text()).isEqualTo("end\n");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4096, 4097, 900_000})
  void standardInputIsGivenInFull(int size) {
    byte[] input = new byte[size];
    Arrays.fill(input, (byte) 0xfe);

    assertThat(runner.run(sh("cat").input(input)).stdout()).isEqualTo(input);
  }

  @ParameterizedTest
  @ValueSource(ints = {4096, 900_000})
  void inputThatNobodyReadsIsNoFailure(int size) {
    assertThat(runner.run(sh("exec 0<&-; sleep 0.1; exit 0").input(new byte[size])).exitCode())
        .isZero();
  }

  @Test
  void anyBytesArriveUnchanged() {
    byte[] result =
        runner.run(sh("printf '\\000\\377\\376\\200abc\\n'; exec 1>&-; sleep 0.05")).stdout();

    assertThat(result).containsExactly(0, 0xff, 0xfe, 0x80, 'a', 'b', 'c', '\n');
  }

  @Test
  void outputUpToTheLimitIsKeptWhole() {
    byte[] output =
        runner.run(sh("head -c %d /dev/urandom | tee %s/copy".formatted(MIB, dir))).stdout();

    assertThat(dir.resolve("copy")).hasBinaryContent(output);
    assertThat(output).hasSize(MIB);
  }

  @Test
  void oneByteMoreIsAFailure() {
    CommandFailure failure = failure(sh("printf 12345").stdoutLimit(4));

    assertThat(failure.kind()).isEqualTo(Kind.OUTPUT_LIMIT);
    assertThat(failure).hasMessageContaining("more than the allowed 4 bytes");
  }

  @Test
  void aFloodOnStandardOutputIsCutShort() {
    CommandFailure failure =
        failure(sh("head -c 104857600 /dev/zero; echo done > %s/done".formatted(dir)));

    assertThat(failure.kind()).isEqualTo(Kind.OUTPUT_LIMIT);
    assertThat(dir.resolve("done")).doesNotExist();
  }

  @Test
  void aFloodOnStandardErrorIsKeptInPart() {
    String program =
        "echo first >&2; head -c 104857600 /dev/zero | tr '\\0' x >&2; echo last >&2; echo out";

    CommandResult result = runner.run(sh(program));

    assertThat(result.text()).isEqualTo("out\n");
    assertThat(result.stderr())
        .startsWith("first\nxxx")
        .endsWith("xlast\n")
        .contains("bytes skipped");
    assertThat(result.stderr().length()).isLessThan(9000);
  }

  @Test
  void floodsOnBothDoNotBlockEachOther() {
    String program =
        "head -c 104857600 /dev/zero >&2 & head -c 104857600 /dev/zero; wait; echo last >&2";

    CommandResult result = runner.run(sh(program).stdoutLimit(100 * MIB));

    assertThat(result.stdout()).hasSize(100 * MIB);
    assertThat(result.stderr()).endsWith("last\n");
  }

  @Test
  void binaryGarbageOnStandardErrorMakesAMessageOnOneLine() {
    CommandFailure failure = failure(sh("printf 'a\\000b\\377\\033[31m\\r\\nc\\n' >&2; exit 1"));

    assertThat(failure.getMessage()).endsWith(": a?b\ufffd?[31m; c");
  }

  @Test
  void secretsAreShownNowhere() {
    Command command = sh("echo \"bad key $1\" >&2; exit 1").arg("sh").secretArg("AQBsesame==");

    CommandFailure failure = failure(command);

    assertThat(failure.getMessage()).doesNotContain("sesame").endsWith("bad key ***");
    assertThat(failure.stderr()).isEqualTo("bad key ***\n");
    assertThat(failure.redactedArguments()).last().isEqualTo("***");
    assertThat(command.toString()).doesNotContain("sesame");
  }

  @Test
  void theListenerHearsOfEveryRun() {
    List<String> heard = new CopyOnWriteArrayList<>();
    ProcessRunner listened =
        new ProcessRunner(
            RunLimits.defaults(),
            (program, commandClass, outcome, duration) ->
                heard.add(
                    program + " " + commandClass + " " + outcome + " " + !duration.isNegative()));

    listened.run(sh("exit 0"));
    assertThatThrownBy(() -> listened.run(sh("exit 1"))).isInstanceOf(CommandFailure.class);
    assertThatThrownBy(() -> listened.run(Command.of(dir.resolve("gone"), CommandClass.CEPH)))
        .isInstanceOf(CommandFailure.class);

    assertThat(heard)
        .containsExactly("sh LOCAL ok true", "sh LOCAL exit true", "gone CEPH not_started true");
  }

  @Test
  void aCommandWithoutTimeIsNotStarted() {
    CommandFailure failure = failure(sh("touch %s/started".formatted(dir), Duration.ZERO));

    assertThat(failure.kind()).isEqualTo(Kind.TIMEOUT);
    assertThat(dir.resolve("started")).doesNotExist();
  }

  @Test
  void whatItWroteIsReadWhenItHasEnded() {
    // Much more often than the reader looks: the last bytes are always read after the end.
    for (int i = 0; i < 300; i++) {
      assertThat(runner.run(sh("echo %d; echo e%d >&2".formatted(i, i))).text())
          .isEqualTo(i + "\n");
    }
  }

  @Test
  void aTextIsUtf8EvenWhereItIsNot() {
    assertThat(runner.run(sh("printf 'a\\377b'")).stdout())
        .isEqualTo(new byte[] {'a', (byte) 0xff, 'b'});
    assertThat(runner.run(sh("printf 'a\\377b'")).text()).isEqualTo("a\ufffdb");
    assertThat(runner.run(sh("printf '\\303\\244'")).text()).isEqualTo("\u00e4");
  }

  @Test
  void anArgumentIsPassedUnchangedOrNotAtAll() {
    // Which of the two depends on the locale that this JVM was started with; a question mark never
    // arrives.
    Command command = sh("printf %s \"$1\"").arg("sh", "\u00e4");
    boolean known =
        Charset.forName(System.getProperty("sun.jnu.encoding")).newEncoder().canEncode('\u00e4');

    if (known) {
      assertThat(runner.run(command).text()).isEqualTo("\u00e4");
    } else {
      assertThat(failure(command)).hasMessageContaining("start doceph with LANG=C.UTF-8");
    }
  }
}
