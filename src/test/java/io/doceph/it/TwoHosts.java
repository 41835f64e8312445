package io.doceph.it;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.doceph.rig.CephRig;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * Two hosts on the shared cluster. In the end nothing of a story may be left on them or in the
 * cluster; what is left all the same is taken away, so that it spoils no other story.
 */
abstract class TwoHosts {
  private final String[] changes;

  private CephRig rig;
  private CephHost alpha;
  private CephHost beta;

  /** {@code changes} are pairs of variable and value for both daemons. */
  TwoHosts(String... changes) {
    this.changes = changes;
  }

  CephRig rig() {
    return rig;
  }

  CephHost alpha() {
    return alpha;
  }

  CephHost beta() {
    return beta;
  }

  @BeforeEach
  void twoHosts() {
    assumeTrue(Bed.isRoot(), "mounting needs root");
    rig = CephRig.shared();
    alpha = new CephHost(rig, "alpha", List.of(), changes).start();
    beta = new CephHost(rig, "beta", List.of(), changes).start();
  }

  @AfterEach
  void end() {
    if (alpha == null || beta == null) {
      return;
    }
    try {
      alpha.assertNothingLeft();
      beta.assertNothingLeft();
      CephHost.assertClusterEmpty(rig);
      assertNoMore();
    } finally {
      alpha.close();
      beta.close();
      CephHost.empty(rig);
    }
  }

  /** What else must be true in the end. */
  void assertNoMore() {}
}
