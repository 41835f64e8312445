/** The project's own scripts: mvnw, deploy/try, .ci and the rig's. */
@NullMarked
package io.doceph.scripts;

import org.jspecify.annotations.NullMarked;
