package io.doceph.rig.summary;

import org.junit.jupiter.api.Tag;

/** Given to {@link SummaryTest}; no suite of its own. */
class PartlyTaggedSuite {
  void anywhere() {}

  @Tag("rig")
  void withRoot() {}

  static class Deep {
    @Tag("rig")
    void alsoWithRoot() {}
  }
}
