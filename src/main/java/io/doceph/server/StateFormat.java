package io.doceph.server;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.doceph.host.DamagedStateException;
import io.doceph.host.NewerStateException;
import io.doceph.host.StateFile;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/**
 * A file in the state directory that says in which version its files are written: {@code
 * format.json}, whose own version is that of all of them. An older doceph must not take for damaged
 * what it only does not know.
 */
final class StateFormat {
  private StateFormat() {}

  /**
   * Writes the file, unless it is there.
   *
   * @throws StartRefused when a newer doceph has written it
   */
  static void claim(Path stateDir) {
    Path file = stateDir.resolve("format.json");
    try {
      if (!isThere(file, stateDir)) {
        StateFile.write(file, JsonNodeFactory.instance.objectNode());
      }
    } catch (UncheckedIOException e) {
      throw new StartRefused("cannot read or write " + file + ": " + e.getMessage());
    }
  }

  private static boolean isThere(Path file, Path stateDir) {
    try {
      return StateFile.read(file).isPresent();
    } catch (NewerStateException e) {
      throw StartRefused.forGood(
          "the state in "
              + stateDir
              + " is of a newer doceph, which this one cannot read; nothing was changed: install the"
              + " newer one again");
    } catch (DamagedStateException e) {
      return false; // it has nothing to tell but its version
    }
  }
}
