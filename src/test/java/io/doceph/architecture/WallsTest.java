package io.doceph.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** doceph keeps to the rules; {@link BrokenWallsTest} shows that they can be broken. */
class WallsTest {
  private static final JavaClasses DOCEPH =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages(Rooms.ROOT);

  @Test
  void theClassesAreThere() {
    assertThat(DOCEPH.contain(Rooms.ROOT + ".Main")).isTrue();
    assertThat(DOCEPH.contain(WallsTest.class)).isFalse();
  }

  @Test
  void theTableOfRoomsHolds() {
    Walls.table().check(DOCEPH);
  }

  @Test
  void noTwoRoomsKnowEachOther() {
    Walls.noCycles().check(DOCEPH);
  }

  @Test
  void onlyHostProcessStartsOtherPrograms() {
    Walls.processesOnlyInHostProcess().check(DOCEPH);
  }

  @Test
  void onlyTheServerKnowsVertxAndNetty() {
    Walls.vertxOnlyInServer().check(DOCEPH);
  }

  @Test
  void theProcessRunnerNeedsTheJdkAlone() {
    Walls.processRunnerNeedsTheJdkAlone().check(DOCEPH);
  }

  @Test
  void aBackendNeverCallsTheService() {
    Walls.backendsNeverCallTheService().check(DOCEPH);
  }

  @Test
  void theCommandLineKnowsOnlyWireRecords() {
    Walls.cliKnowsOnlyWireRecords().check(DOCEPH);
  }
}
