package io.doceph.rig.summary;

/**
 * What the build was asked to do.
 *
 * @param nativeExecutable whether the integration tests drive the native executable
 * @param leftOutTag the tag whose tests were left out; empty if none was
 * @param graalvm whether GRAALVM_HOME is set
 * @param ci whether this is a continuous integration run, where no skip is accepted
 */
record Build(boolean nativeExecutable, String leftOutTag, boolean graalvm, boolean ci) {

  /** Whether everything was to run, so that a suite without a result is as bad as a skip. */
  boolean everything() {
    return leftOutTag.isEmpty();
  }
}
