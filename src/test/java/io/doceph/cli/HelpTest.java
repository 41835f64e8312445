package io.doceph.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Help, version, and wrong usage. */
class HelpTest {
  @ParameterizedTest
  @CsvSource({
    "create,     --size --backend --driver --fs -o --opt NAME",
    "delete,     -r --reference NAME",
    "list,       ls",
    "inspect,    NAME",
    "mount,      NAME",
    "umount,     NAME",
    "grow,       --size NAME SIZE",
    "info,       meters",
    "doctor,     --repair problem",
    "protect,    removal NAME",
    "unprotect,  removal NAME",
    "access,     ro rw NAME MODE",
    "who,        host NAME",
    "steal,      -y --yes NAME",
    "adopt,      --fs --mount --user --protected IMAGE",
    "trash,      list restore purge",
    "trash list, EXPIRES",
    "trash restore, --as WHICH",
    "trash purge, --expired --all -y --yes WHICH",
    "import-legacy, --metadata -n --dry-run",
    "discovery,  ADDRESS --name --directory --ca --cert --key --remove",
    "completion, bash zsh SHELL"
  })
  void theHelpOfACommandIsEnoughAlone(String command, String words) {
    CliRun run = CliRun.of((command + " --help").split(" "));

    assertThat(run.code()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out()).startsWith("Usage: doceph " + command).contains(words.split(" "));
    assertThat(run.out())
        .contains(
            "--socket=PATH", "DOCEPH_SOCKET", "--timeout=SECONDS", "--json", "--help", "--version");
    assertThat(run.out())
        .contains(
            "Examples:\n", "doceph " + command, "Exit codes:\n", "   7   doctor found problems");
    assertThat(run.out().lines())
        .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(100));
  }

  @Test
  void theHelpOfDocephNamesEveryCommand() {
    CliRun run = CliRun.of("--help");

    assertThat(run.code()).isZero();
    assertThat(run.out())
        .contains(
            "  serve ",
            "  create ",
            "  delete ",
            "  list, ls ",
            "  inspect ",
            "  mount ",
            "  umount, unmount ",
            "  grow ",
            "  protect ",
            "  unprotect ",
            "  access ",
            "  who ",
            "  steal ",
            "  adopt ",
            "  trash ",
            "  import-legacy ",
            "  discovery ",
            "  info ",
            "  doctor ")
        .contains("  completion ");
  }

  @Test
  void theHelpOfServeOffersNoOptionsOfClients() {
    CliRun run = CliRun.of("serve", "--help");

    assertThat(run.code()).isZero();
    assertThat(run.out())
        .contains("--help", "/etc/doceph/application.properties")
        .doesNotContain("--socket", "--json", "--timeout");
  }

  @Test
  void serveIsLeftToTheCaller() {
    assertThat(CliRun.of("serve")).isEqualTo(new CliRun(Cli.SERVE, "", ""));
    assertThat(CliRun.of("serve", "--check")).isEqualTo(new CliRun(Cli.CHECK, "", ""));
  }

  @Test
  void serveTakesNoOptionsOfClientsEither() {
    assertThat(CliRun.of("serve", "--json").code()).isEqualTo(ExitCode.INVALID);
    assertThat(CliRun.of("--socket", "/x", "serve"))
        .isEqualTo(
            new CliRun(
                2,
                "",
                "doceph: serve takes no options of clients; set doceph.socket in /etc/doceph/application.properties or DOCEPH_SOCKET in the environment\n"));
  }

  @Test
  void theVersionIsPrintedByEveryCommand() {
    assertThat(CliRun.of("--version").out()).matches("doceph (development|[0-9].*)\n");
    assertThat(CliRun.of("list", "-V")).isEqualTo(CliRun.of("--version"));
    assertThat(CliRun.of("--version", "--json").out())
        .matches("\\{\"version\":\"(development|[0-9].*)\"}\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
                        | no command given; see 'doceph --help'
          inspekt       | unknown command 'inspekt' (did you mean inspect or info?); see 'doceph --help'
          create --sise | unknown option '--sise' (did you mean --size?); see 'doceph create --help'
          inspect       | missing required parameter: 'NAME'; see 'doceph inspect --help'
          trash         | no command given; see 'doceph trash --help'
          trash lost    | unknown command 'lost' (did you mean list or restore?); see 'doceph trash --help'
          trash list x  | one argument too many: 'x'; see 'doceph trash list --help'
          access db1 rx | invalid value for positional parameter at index 1 (MODE): expected one of [RO, RW] (case-insensitive) but was 'rx'; see 'doceph access --help'
          import-legacy | missing required option: '--metadata=DIR'; see 'doceph import-legacy --help'
          list db1      | one argument too many: 'db1'; see 'doceph list --help'
          create --size | missing required parameter for option '--size' (SIZE); see 'doceph create --help'
          list --json --json=x | invalid value for option '--json': 'x' is not a boolean; see 'doceph list --help'
          """)
  void wrongUsageIsOneSentenceAndExitCodeTwo(String args, String message) {
    CliRun run = CliRun.of(args == null ? new String[0] : args.split(" "));

    assertThat(run.code()).isEqualTo(ExitCode.INVALID);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains(message);
    assertThat(run.err().lines()).hasSize(1);
  }

  @Test
  void wrongUsageIsJsonWhenAskedFor() {
    assertThat(CliRun.of("--json", "inspect"))
        .isEqualTo(
            new CliRun(
                2,
                "",
                "{\"error\":{\"code\":\"invalid-request\",\"message\":\"missing required parameter: 'NAME'; see 'doceph inspect --help'\"}}\n"));
  }

  @Test
  void afterTwoDashesNothingIsAnOption() {
    assertThat(CliRun.of("inspect", "a", "--", "--json").err())
        .startsWith("doceph: one argument too many: '--json'");
  }

  @Test
  void anArgumentIsNeverReadAsTheNameOfAFile() {
    assertThat(CliRun.of("list", "@/etc/passwd").err())
        .startsWith("doceph: one argument too many: '@/etc/passwd'");
  }
}
