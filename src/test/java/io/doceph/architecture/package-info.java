/** The walls between the rooms, held by tests. */
@NullMarked
package io.doceph.architecture;

import org.jspecify.annotations.NullMarked;
