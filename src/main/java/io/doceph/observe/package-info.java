/** Health and meters, read from the service. */
@NullMarked
package io.doceph.observe;

import org.jspecify.annotations.NullMarked;
