/** What the documentation says, compared with the code and with itself. */
@NullMarked
package io.doceph.docs;

import org.jspecify.annotations.NullMarked;
