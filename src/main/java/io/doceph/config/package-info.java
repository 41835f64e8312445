/** Configuration: typed keys with units and the value types they use. Knows nothing of volumes. */
@NullMarked
package io.doceph.config;

import org.jspecify.annotations.NullMarked;
