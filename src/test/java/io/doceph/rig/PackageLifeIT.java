package io.doceph.rig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The RPM and the DEB installed, upgraded and removed, on a machine on which no systemd runs. */
@Tag("rig")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PackageLifeIT {
  private static final String CONFIGURATION = "/etc/doceph/application.properties";
  private static final String DATA = "/var/lib/doceph/vfs/files";
  private static final List<String> WANTED =
      List.of(
          "/etc/systemd/system/sockets.target.wants/doceph.socket",
          "/etc/systemd/system/multi-user.target.wants/doceph.service",
          "/etc/systemd/system/timers.target.wants/doceph-restart-containers.timer");

  /** A kind of package, and the way it is handled. */
  enum Kind {
    RPM,
    DEB;

    // Debian's rpm knows nothing of what dpkg has installed; PackageIT looks at what it needs.
    Command.Result install(PackageRoot root, Packages packages) {
      return this == RPM
          ? rpm(root, "-U", "--nodeps", packages.rpm().toString())
          : dpkg(root, "--install", packages.deb().toString());
    }

    Command.Result remove(PackageRoot root) {
      return this == RPM ? rpm(root, "-e", "doceph") : dpkg(root, "--remove", "doceph");
    }

    /** Where a changed configuration is after the removal. */
    String configurationKept() {
      return this == RPM ? CONFIGURATION + ".rpmsave" : CONFIGURATION;
    }

    private static Command.Result rpm(PackageRoot root, String... arguments) {
      var rpm = Stream.of("rpm", "--force-debian", "--root", root.path().toString());
      return run(Stream.concat(rpm, Stream.of(arguments)));
    }

    private static Command.Result dpkg(PackageRoot root, String... arguments) {
      var dpkg = Stream.of("dpkg", "--root=" + root.path(), "--force-confold");
      return run(Stream.concat(dpkg, Stream.of(arguments)));
    }

    private static Command.Result run(Stream<String> command) {
      return Command.of(command.toArray(String[]::new)).run();
    }
  }

  @TempDir static Path scratch;
  private Packages packages = Packages.NONE;
  private Packages newer = Packages.NONE;

  @BeforeAll
  void build() {
    assumeTrue("root".equals(System.getProperty("user.name")), "the rig needs root");
    assumeTrue(Packages.canBeBuilt(), "packages are made of the native executable");
    packages = Packages.ofTheExecutable();
    newer = Packages.build(scratch.resolve("newer"), Map.of(), "--version", "99.0");
  }

  @ParameterizedTest
  @EnumSource
  void aLifeOfThePackage(Kind kind) throws IOException {
    Path directory = Files.createDirectory(scratch.resolve(kind.name()));
    try (PackageRoot root = PackageRoot.make(directory)) {
      // as on Fedora and RHEL: what is installed is not enabled
      root.write("/etc/systemd/system-preset/00-none.preset", "disable *\n");
      kind.install(root, packages).succeeded();
      assertThat(root.inside("doceph", "--version").succeeded().out()).startsWith("doceph ");
      assertThat(WANTED).noneMatch(link -> isLink(root, link));

      root.write(CONFIGURATION, "doceph.backend = vfs\ndoceph.management = off\n");
      kind.install(root, newer).succeeded();
      assertThat(root.file(CONFIGURATION))
          .hasContent("doceph.backend = vfs\ndoceph.management = off");

      root.inside(
              "systemctl",
              "enable",
              "doceph.socket",
              "doceph.service",
              "doceph-restart-containers.timer")
          .succeeded();
      assertThat(WANTED).allMatch(link -> isLink(root, link));
      mountADirectory(root);
      root.mount("/var/lib/doceph/mounts/db1");
      root.mount("/var/lib/doceph-ssd/mounts/db2");
      assertRefused(kind.remove(root), "db1 db2 files");

      root.unmount("/var/lib/doceph/mounts/db1");
      assertRefused(kind.remove(root), "db2 files");
      assertThat(root.inside("doceph", "--version").succeeded().out()).startsWith("doceph ");
      assertThat(WANTED).allMatch(link -> isLink(root, link));

      root.unmount("/var/lib/doceph-ssd/mounts/db2");
      unmountTheDirectory(root);
      kind.remove(root).succeeded();
      assertThat(root.file("/usr/bin/doceph")).doesNotExist();
      assertThat(WANTED).noneMatch(link -> isLink(root, link));
      assertThat(root.file(DATA)).isDirectory();
      assertThat(root.file(kind.configurationKept())).content().startsWith("doceph.backend = vfs");
    }
  }

  private static void assertRefused(Command.Result removal, String volumes) {
    assertThat(removal.exit()).isNotZero();
    assertThat(removal.err())
        .contains(
            "doceph is not removed, because volumes are mounted: "
                + volumes
                + "; stop the containers");
  }

  private static boolean isLink(PackageRoot root, String name) {
    return Files.isSymbolicLink(root.file(name));
  }

  // A volume that is a directory is in no mount table: the daemon's registry alone knows.
  private static void mountADirectory(PackageRoot root) throws IOException {
    withDaemon(
        root,
        () -> {
          root.inside("doceph", "create", "files").succeeded();
          root.inside("doceph", "mount", "files").succeeded();
        });
  }

  private static void unmountTheDirectory(PackageRoot root) throws IOException {
    withDaemon(root, () -> root.inside("doceph", "umount", "files").succeeded());
  }

  private static void withDaemon(PackageRoot root, Runnable action) throws IOException {
    Process daemon =
        new ProcessBuilder(root.command("/usr/bin/doceph", "serve"))
            .redirectErrorStream(true)
            .redirectOutput(root.path().resolve("tmp/doceph.log").toFile())
            .start();
    try {
      Await.until(
          "the daemon answers", RigTest.SOON, () -> root.inside("doceph", "info").exit() == 0);
      action.run();
    } finally {
      daemon.destroy();
      daemon.onExit().join();
    }
  }
}
