/**
 * The summary at the end of a build: what passed, what was skipped or left out and why, and what
 * ran on the JVM instead of the native executable. Knows the tests' reports, not doceph.
 */
@NullMarked
package io.doceph.rig.summary;

import org.jspecify.annotations.NullMarked;
