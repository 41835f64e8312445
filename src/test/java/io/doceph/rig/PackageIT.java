package io.doceph.rig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The RPM and the DEB: what is in them. */
@Tag("rig")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PackageIT {
  private static final long RPM_LIMIT = 25_000_000;
  private static final String CONFIGURATION = "/etc/doceph/application.properties";

  /** What both hold. */
  private static final List<String> CONTENT =
      List.of(
          "/usr/bin/doceph",
          "/usr/lib/systemd/system/doceph.service",
          "/usr/lib/systemd/system/doceph.socket",
          "/usr/lib/systemd/system/doceph@.service",
          "/usr/lib/systemd/system/doceph@.socket",
          "/usr/lib/systemd/system/doceph-restart-containers.service",
          "/usr/lib/systemd/system/doceph-restart-containers.timer",
          "/usr/lib/systemd/system/var-lib-doceph-mounts-.mount.d/doceph.conf",
          "/usr/libexec/doceph/restart-containers",
          CONFIGURATION,
          "/usr/share/man/man8/doceph.8.gz",
          "/usr/share/bash-completion/completions/doceph",
          "/usr/share/doc/doceph/README.md",
          "/usr/share/doc/doceph/docs/architecture.md",
          "/usr/share/doc/doceph/docs/ceph.md",
          "/usr/share/doc/doceph/docs/configuration.md",
          "/usr/share/doc/doceph/docs/drills.md",
          "/usr/share/doc/doceph/docs/messages.md",
          "/usr/share/doc/doceph/docs/migration.md",
          "/usr/share/doc/doceph/docs/monitoring.md",
          "/usr/share/doc/doceph/docs/operations.md",
          "/usr/share/doc/doceph/docs/planning.md",
          "/usr/share/doc/doceph/monitoring/doceph-alerts.yml",
          "/usr/share/doc/doceph/monitoring/doceph-dashboard.json");

  @TempDir Path scratch;
  private Packages packages = Packages.NONE;

  @BeforeAll
  void build() {
    assumeTrue("root".equals(System.getProperty("user.name")), "the rig needs root");
    assumeTrue(Packages.canBeBuilt(), "packages are made of the native executable");
    packages = Packages.ofTheExecutable();
  }

  @Test
  void theSameInputsMakeTheSameBytes() throws IOException {
    var elsewhere = Map.of("TZ", "Asia/Tokyo", "LC_ALL", "C", "TMPDIR", scratch.toString());
    Packages again = Packages.build(scratch.resolve("again"), elsewhere);

    for (int i = 0; i < packages.all().size(); i++) {
      Path one = packages.all().get(i);
      Path two = again.all().get(i);
      assertThat(two.getFileName()).isEqualTo(one.getFileName());
      assertThat(Files.mismatch(one, two)).as(one.toString()).isEqualTo(-1);
    }
  }

  @Test
  void theVersionIsTheProjects() throws IOException {
    String project = Files.readString(Path.of("pom.xml"));
    var matcher = Pattern.compile("\n  <version>(.*)</version>").matcher(project);
    assertThat(matcher.find()).isTrue();
    String version = matcher.group(1).replace("-SNAPSHOT", "~snapshot");

    assertThat(rpm("--queryformat", "%{version}-%{release}")).isEqualTo(version + "-1");
    assertThat(deb("--field", "Version")).isEqualTo(version + "-1");
    assertThat(packages.sbom().getFileName()).hasToString("doceph-" + version + ".cdx.json");
    Command.of("dpkg", "--compare-versions", "1.0.0~snapshot-1", "lt", "1.0.0-1").run().succeeded();
  }

  @Test
  void theRpmIsSmall() throws IOException {
    long size = Files.size(packages.rpm());
    System.out.printf("RPM: %.1f MB, DEB: %.1f MB%n", size / 1e6, Files.size(packages.deb()) / 1e6);

    assertThat(size).isLessThanOrEqualTo(RPM_LIMIT);
  }

  @Test
  void bothHoldTheSame() {
    var inRpm =
        new TreeSet<>(
            rpm("--queryformat", "[%{filemodes:perms} %{filenames}\n]")
                .lines()
                .filter(line -> line.startsWith("-"))
                .map(PackageIT::name)
                .toList());
    var inDeb =
        new TreeSet<>(
            Command.of("dpkg-deb", "--contents", packages.deb().toString())
                .run()
                .succeeded()
                .out()
                .lines()
                .filter(line -> line.startsWith("-"))
                .map(PackageIT::name)
                .map(name -> name.substring(1))
                .toList());

    assertThat(inRpm).containsAll(CONTENT);
    assertThat(inDeb).containsAll(CONTENT);
    inRpm.removeAll(CONTENT);
    inDeb.removeAll(CONTENT);
    assertThat(inRpm)
        .containsExactly(
            "/usr/share/doc/doceph/CHANGELOG.md", "/usr/share/licenses/doceph/LICENSE");
    assertThat(inDeb)
        .containsExactly(
            "/usr/share/doc/doceph/changelog.Debian.gz",
            "/usr/share/doc/doceph/changelog.gz",
            "/usr/share/doc/doceph/copyright",
            "/usr/share/lintian/overrides/doceph");
  }

  private String rpm(String... query) {
    return Command.of(
            Stream.of(List.of("rpm", "-qp"), List.of(query), List.of(packages.rpm().toString()))
                .flatMap(List::stream)
                .toArray(String[]::new))
        .run()
        .succeeded()
        .out();
  }

  private String deb(String question, String what) {
    return Command.of("dpkg-deb", question, packages.deb().toString(), what)
        .run()
        .succeeded()
        .out();
  }

  private static String name(String line) {
    return line.substring(line.lastIndexOf(' ') + 1);
  }

  @Test
  void theConfigurationIsTheAdministrators() {
    assertThat(rpm("--configfiles")).isEqualTo(CONFIGURATION);
    assertThat(rpm("--queryformat", "[%{filenames} %{fileflags:fflags}\n]"))
        .contains(CONFIGURATION + " cn");
    assertThat(deb("--info", "conffiles")).isEqualTo(CONFIGURATION);
  }

  @Test
  void aHostWithoutCephNeedsNone() {
    assertThat(rpm("--requires").lines())
        .contains("util-linux", "e2fsprogs", "diffutils", "libc.so.6(GLIBC_2.34)(64bit)")
        .noneMatch(line -> line.replace("doceph", "").contains("ceph") || line.contains("xfs"));
    assertThat(rpm("--recommends").lines()).containsExactly("ceph-common", "xfsprogs");
    assertThat(deb("--field", "Depends")).isEqualTo("libc6 (>= 2.34), zlib1g, e2fsprogs, mount");
    assertThat(deb("--field", "Recommends")).isEqualTo("ceph-common, xfsprogs");
  }

  @Test
  void rpmlintFindsNothing() {
    assertThat(
            Command.of("rpmlint", "-c", "deploy/package/rpmlint.toml", packages.rpm().toString())
                .run()
                .succeeded()
                .out())
        .contains(" 0 errors, 0 warnings");
  }

  @Test
  void lintianFindsNothing() {
    String deb = packages.deb().toString();
    assertThat(Command.of("lintian", "--allow-root", "--fail-on", "error,warning", deb).run())
        .satisfies(run -> assertThat(run.out() + run.err()).isEmpty())
        .satisfies(run -> assertThat(run.exit()).isZero());
  }

  @Test
  void theManualPageHasEveryCommandAndOption() throws IOException {
    Path page = scratch.resolve("doceph.8");
    String text =
        Command.of(
                "sh",
                "-c",
                "dpkg-deb --fsys-tarfile \"$1\" | tar -xO ./usr/share/man/man8/doceph.8.gz | gunzip",
                "sh",
                packages.deb().toString())
            .run()
            .succeeded()
            .out();
    Files.writeString(page, text + "\n");

    assertThat(Command.of("mandoc", "-T", "lint", "-W", "warning", page.toString()).run())
        .satisfies(run -> assertThat(run.out()).isEmpty());
    String plain = text.replace("\\-", "-");
    var commands = commands("");
    assertThat(commands).contains("serve", "create", "trash").hasSizeGreaterThan(15);
    for (String command : commands) {
      assertDocumented(plain, command);
      commands(command).forEach(sub -> assertDocumented(plain, command + " " + sub));
    }
  }

  private static void assertDocumented(String page, String command) {
    assertThat(page).contains(".SS doceph " + command + " ");
    Pattern.compile("(?m)^ +(?:-\\w, )?(--[a-z-]+)")
        .matcher(help(command))
        .results()
        .forEach(option -> assertThat(page).as(command).contains(option.group(1)));
  }

  private static List<String> commands(String command) {
    String[] parts = help(command).split("\nCommands:\n", 2);
    return parts.length == 1
        ? List.of()
        : Pattern.compile("(?m)^  ([a-z-]+)[, ].*$")
            .matcher(parts[1].split("\n\n", 2)[0])
            .results()
            .map(match -> match.group(1))
            .toList();
  }

  private static String help(String command) {
    return Command.of((DocephDaemon.executable() + " " + command + " --help").split(" +"))
        .run()
        .succeeded()
        .out();
  }
}
