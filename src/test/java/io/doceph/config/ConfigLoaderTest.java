package io.doceph.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.smallrye.config.WithName;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(WithoutBuildProperties.class)
class ConfigLoaderTest {
  private final Path file;
  private final Map<String, String> environment = new HashMap<>();

  ConfigLoaderTest(@TempDir Path dir) {
    file = dir.resolve("application.properties");
    environment.put("DOCEPH_CONFIG", file.toString());
    environment.put("PATH", "/bin");
  }

  @BeforeEach
  void beginWithNothing() throws IOException {
    Files.writeString(file, "");
  }

  private DocephConfig load() {
    return ConfigLoader.load(environment);
  }

  private DocephConfig load(String... lines) throws IOException {
    Files.write(file, List.of(lines));
    return load();
  }

  private List<String> problems(String... lines) throws IOException {
    Files.write(file, List.of(lines));
    return catchThrowableOfType(ConfigProblem.class, this::load).problems();
  }

  private String problem(String... lines) throws IOException {
    List<String> problems = problems(lines);
    assertThat(problems).hasSize(1);
    return problems.getFirst();
  }

  @Test
  void theDefaults() {
    DocephConfig config = load();

    for (ConfigTable.Row row : all()) {
      assertThat(row.of(config)).as(row.key()).isEqualTo(row.standard());
    }
  }

  @Test
  void everyKeyIsReadFromTheFile() throws IOException {
    for (ConfigTable.Row row : ConfigTable.ROWS) {
      DocephConfig config = load(row.key() + "=" + row.other());

      assertThat(row.of(config)).as(row.key()).isEqualTo(row.otherRead());
    }
  }

  @Test
  void everyKeyIsReadFromTheEnvironment() {
    for (ConfigTable.Row row : ConfigTable.ROWS) {
      environment.put(row.variable(), row.other());
      DocephConfig config = load();
      environment.remove(row.variable());

      assertThat(row.of(config)).as(row.variable()).isEqualTo(row.otherRead());
    }
  }

  @Test
  void everyKeyIsReadFromTheCommandLine() {
    for (ConfigTable.Row row : ConfigTable.ROWS) {
      System.setProperty(row.key(), row.other());
      DocephConfig config = load();
      System.clearProperty(row.key());

      assertThat(row.of(config)).as("-D" + row.key()).isEqualTo(row.otherRead());
    }
  }

  @Test
  void theThreeTlsKeysAreReadTogether() throws IOException {
    String[] lines =
        ConfigTable.TLS.stream().map(r -> r.key() + "=" + r.other()).toArray(String[]::new);

    DocephConfig config = load(lines);

    for (ConfigTable.Row row : ConfigTable.TLS) {
      assertThat(row.of(config)).as(row.key()).isEqualTo(row.otherRead());
    }
  }

  @Test
  void theEnvironmentWinsOverTheFileAndTheCommandLineOverBoth() throws IOException {
    String line = "doceph.refresh-interval=1s";
    assertThat(load(line).refreshInterval()).isEqualTo(Period.parse("1s"));

    environment.put("DOCEPH_REFRESH_INTERVAL", "2s");
    assertThat(load(line).refreshInterval()).isEqualTo(Period.parse("2s"));

    System.setProperty("doceph.refresh-interval", "3s");
    assertThat(load(line).refreshInterval()).isEqualTo(Period.parse("3s"));
  }

  @Test
  void everyKeyOfTheCodeIsTestedAndDescribed() {
    List<String> inCode = new ArrayList<>();
    collect(DocephConfig.class, "doceph.", inCode);
    List<String> described = ConfigKeys.all().stream().map(ConfigKeys.Key::name).toList();
    List<String> tested = all().stream().map(ConfigTable.Row::key).toList();

    assertThat(described).containsExactlyInAnyOrderElementsOf(inCode);
    assertThat(tested).containsExactlyInAnyOrderElementsOf(inCode);
  }

  private static void collect(Class<?> mapping, String prefix, List<String> names) {
    for (Method method : mapping.getDeclaredMethods()) {
      if (method.isSynthetic()) {
        continue;
      }
      WithName named = method.getAnnotation(WithName.class);
      String name = prefix + (named == null ? method.getName() : named.value());
      if (method.getReturnType().getEnclosingClass() == DocephConfig.class) {
        collect(method.getReturnType(), name + ".", names);
      } else {
        names.add(name);
      }
    }
  }

  private static List<ConfigTable.Row> all() {
    return Stream.concat(ConfigTable.ROWS.stream(), ConfigTable.TLS.stream()).toList();
  }

  @Test
  void aVariableIsItsKeyInCapitals() {
    for (ConfigTable.Row row : all()) {
      assertThat(ConfigKeys.named(row.key()).map(ConfigKeys.Key::variable))
          .contains(row.variable());
    }
  }

  @Test
  void everyKeyIsDocumented() throws IOException {
    String page = Files.readString(Path.of("docs/configuration.md"));

    for (ConfigKeys.Key key : ConfigKeys.all()) {
      assertThat(page).contains("`" + key.name() + "`");
    }
  }

  @Test
  void anUnknownKeyOfTheFileIsRefusedWithItsLineAndTheLikelyOne() throws IOException {
    assertThat(problem("# mine", "", "doceph.refresh-intervall = 1s"))
        .isEqualTo(
            file
                + ", line 3: unknown key 'doceph.refresh-intervall' (did you mean 'doceph.refresh-interval'?); docs/configuration.md lists them all");
    assertThat(problem("something.else=1"))
        .isEqualTo(
            file + ", line 1: unknown key 'something.else'; docs/configuration.md lists them all");
  }

  @Test
  void everyUnknownKeyIsTold() throws IOException {
    assertThat(problems("doceph.sockett=/a", "doceph.vfs.pathh=/b"))
        .hasSize(2)
        .anyMatch(p -> p.contains("line 1: unknown key 'doceph.sockett'"))
        .anyMatch(p -> p.contains("line 2: unknown key 'doceph.vfs.pathh'"));
  }

  @Test
  void theKeysOfTheFrameworkMayBeInTheFile() throws IOException {
    assertThat(load("quarkus.log.level=DEBUG").backend()).isEqualTo("rbd");
  }

  @Test
  void anUnknownVariableThatIsNearlyAKeyIsRefused() throws IOException {
    environment.put("DOCEPH_VFS_PTH", "/x");

    assertThat(problem())
        .isEqualTo(
            "the environment variable DOCEPH_VFS_PTH stands for no key that doceph knows (did you mean 'doceph.vfs.path'?); docs/configuration.md lists them all");
  }

  @Test
  void anUnknownVariableThatIsLikeNoKeyMayBeAnotherPrograms() {
    environment.put("DOCEPH_COMPLETELY_DIFFERENT", "x");

    assertThat(load().backend()).isEqualTo("rbd");
  }

  @Test
  void anUnknownPropertyOfTheCommandLineIsRefused() throws IOException {
    System.setProperty("doceph.sockt", "/x");

    assertThat(problem())
        .isEqualTo(
            "-Ddoceph.sockt: unknown key 'doceph.sockt' (did you mean 'doceph.socket'?); docs/configuration.md lists them all");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "doceph.socket=doceph.sock | 'doceph.sock' is not an absolute path; it must begin with /; allowed: an absolute path",
        "doceph.socket-mode=rw | 'rw' is not a mode; give three octal digits, such as 0750; allowed: three octal digits, such as 0600",
        "doceph.default-size=huge | 'huge' is not a size; give a number with a unit, such as 512MiB, 10GiB or 1TiB; allowed: a size, such as 512MiB or 10GiB",
        "doceph.refresh-interval=5 | '5' is not a length of time; give a number with a unit, such as 500ms, 30s, 5m, 2h or 7d; allowed: a number with a unit, such as 500ms, 30s, 5m, 2h or 7d",
        "doceph.listen.tcp=9999 | '9999' is not HOST:PORT, such as 127.0.0.1:9999 or [::1]:9999; allowed: HOST:PORT",
      })
  void aWrongValueOfTheFileIsToldWithItsLine(String line, String reason) throws IOException {
    String key = line.substring(0, line.indexOf('='));

    assertThat(problem("# first", line))
        .isEqualTo(file + ", line 2: wrong value for " + key + ": " + reason);
  }

  @Test
  void aWrongValueIsToldWithTheVariableOrPropertyItCameFrom() throws IOException {
    environment.put("DOCEPH_REAPER_GRACE", "long");
    assertThat(problem("doceph.reaper.grace=1s"))
        .startsWith(
            "environment variable DOCEPH_REAPER_GRACE=long: wrong value for doceph.reaper.grace: 'long' is not a length of time; ");

    System.setProperty("doceph.reaper.grace", "longer");
    assertThat(problem("doceph.reaper.grace=1s"))
        .startsWith(
            "-Ddoceph.reaper.grace=longer: wrong value for doceph.reaper.grace: 'longer' is not a length of time; ");
  }

  @Test
  void aWrongNumberIsTold() throws IOException {
    assertThat(problem("doceph.limits.operations=many"))
        .startsWith(file + ", line 1: wrong value for doceph.limits.operations: ")
        .contains("many")
        .endsWith("; allowed: a whole number, 1 or more");
  }

  @Test
  void anEmptyValueIsTold() throws IOException {
    assertThat(problem("doceph.socket="))
        .startsWith(file + ", line 1: wrong value for doceph.socket: ")
        .endsWith("; allowed: an absolute path");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "doceph.backend=tape | doceph.backend: 'tape' is not known; allowed: rbd, vfs or loop",
        "doceph.filesystem=ntfs | doceph.filesystem: 'ntfs' is not known; allowed: xfs, ext4 or btrfs",
        "doceph.rbd.mapper=fuse | doceph.rbd.mapper: 'fuse' is not known; allowed: krbd, nbd or auto",
        "doceph.rbd.remove=burn | doceph.rbd.remove: 'burn' is not known; allowed: trash, delete, keep or refuse",
        "doceph.rbd.pool=a/b/c | doceph.rbd.pool: 'a/b/c' is not a pool, nor a namespace in one such as volumes/team1; allowed: POOL or POOL/NAMESPACE",
        "doceph.rbd.pools=ssd,-x | doceph.rbd.pools: '-x' is not a pool, nor a namespace in one such as volumes/team1; allowed: POOL or POOL/NAMESPACE, separated by commas",
        "doceph.scope=world | doceph.scope: 'world' is not known; allowed: auto, local or global",
        "doceph.limits.operations=0 | doceph.limits.operations: 0 is too small; allowed: a whole number, 1 or more",
        "doceph.limits.ceph-commands=-1 | doceph.limits.ceph-commands: -1 is too small; allowed: a whole number, 1 or more",
        "doceph.management=0.0.0.0:9650 | doceph.management: 0.0.0.0 is not a loopback address; allowed: off, or HOST:PORT with a loopback address",
        "doceph.management=yes | doceph.management: 'yes' is not HOST:PORT, such as 127.0.0.1:9999 or [::1]:9999; allowed: off, or HOST:PORT with a loopback address",
        "doceph.tls.cert=/c | doceph.tls.cert: doceph.tls.cert, .key and .client-ca go together; allowed: an absolute path",
        "doceph.listen.tcp=10.0.0.1:80 | doceph.listen.tcp: 10.0.0.1 is not a loopback address, and without TLS and client certificates (the three doceph.tls keys) anybody on the network could mount and remove volumes; allowed: HOST:PORT",
        "doceph.listen.tcp=node7.example:80 | doceph.listen.tcp: node7.example is not a loopback address, and without TLS and client certificates (the three doceph.tls keys) anybody on the network could mount and remove volumes; allowed: HOST:PORT",
        "doceph.vfs.path=/var/lib/doceph/loop | doceph.loop.path: it is doceph.vfs.path as well, and each backend needs a directory of its own; allowed: an absolute path",
      })
  void aValueAgainstTheRulesIsTold(String line, String rest) throws IOException {
    assertThat(problems(line)).anyMatch(p -> p.endsWith("wrong value for " + rest));
  }

  @Test
  void theDefaultBackendMustBeEnabled() throws IOException {
    assertThat(problems("doceph.backends=loop"))
        .singleElement()
        .asString()
        .contains("doceph.backend: 'rbd' is not among doceph.backends");
  }

  @ParameterizedTest
  @CsvSource({"127.0.0.1:80", "127.9.9.9:80", "localhost:80", "[::1]:80"})
  void aLoopbackAddressNeedsNoTls(String address) throws IOException {
    assertThat(load("doceph.listen.tcp=" + address, "doceph.management=" + address).listenTcp())
        .contains(HostPort.parse(address));
  }

  @Test
  void anyAddressIsAllowedWithTls() throws IOException {
    assertThat(
            load(
                    "doceph.listen.tcp=0.0.0.0:80",
                    "doceph.tls.cert=/c",
                    "doceph.tls.key=/k",
                    "doceph.tls.client-ca=/ca")
                .listenTcp())
        .contains(new HostPort("0.0.0.0", 80));
  }

  @Test
  void aFileThatCannotBeReadIsTold() {
    environment.put("DOCEPH_CONFIG", file + ".none");

    assertThat(catchThrowableOfType(ConfigProblem.class, this::load).problems())
        .singleElement()
        .asString()
        .startsWith("cannot read the configuration file " + file + ".none: ");
  }

  @Test
  void aFileThatIsNoTextIsTold() throws IOException {
    Files.write(file, new byte[] {(byte) 0xff, (byte) 0xfe, 0});

    assertThat(catchThrowableOfType(ConfigProblem.class, this::load).problems())
        .singleElement()
        .asString()
        .startsWith("cannot read the configuration file " + file + ": ");
  }
}
