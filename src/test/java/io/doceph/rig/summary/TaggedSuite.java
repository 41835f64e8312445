package io.doceph.rig.summary;

import org.junit.jupiter.api.Tag;

/** Given to {@link SummaryTest}; no suite of its own. */
@Tag("rig")
@Tag("jvm")
class TaggedSuite {}
