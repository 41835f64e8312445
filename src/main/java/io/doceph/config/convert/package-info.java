/** Converters from configuration text to the value types of {@code io.doceph.config}. */
@NullMarked
package io.doceph.config.convert;

import org.jspecify.annotations.NullMarked;
