package io.doceph.architecture;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = Rooms.ROOT, importOptions = ImportOption.DoNotIncludeTests.class)
class WallsTest {
  @ArchTest static final ArchRule TABLE = Walls.table();
  @ArchTest static final ArchRule CYCLES = Walls.noCycles();
  @ArchTest static final ArchRule PROCESSES = Walls.processesOnlyInHostProcess();
  @ArchTest static final ArchRule VERTX = Walls.vertxOnlyInServer();
  @ArchTest static final ArchRule RUNNER = Walls.processRunnerNeedsTheJdkAlone();
  @ArchTest static final ArchRule BACKENDS = Walls.backendsNeverCallTheService();
  @ArchTest static final ArchRule WIRE = Walls.cliKnowsOnlyWireRecords();
}
