package io.doceph.it;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.doceph.rig.CephRig;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;

/**
 * A cluster of its own for each class, which may stop and break it; it is mended after each test.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class CephFaults {
  /** The cluster of the class. */
  CephRig rig;

  /** The host of one test. */
  CephBed ceph;

  @BeforeAll
  void up() {
    assumeTrue(Bed.isRoot(), "the rig needs root");
    rig = CephRig.up();
  }

  @AfterAll
  void down() {
    if (rig != null) {
      rig.close();
    }
  }

  @BeforeEach
  void host() {
    ceph = new CephBed(rig);
  }

  @AfterEach
  void mend() {
    rig.ensureUp();
    ceph.close();
  }
}
