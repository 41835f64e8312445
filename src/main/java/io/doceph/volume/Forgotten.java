package io.doceph.volume;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.doceph.host.StateFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;

/**
 * The volumes that this host was told to forget while their data stays ({@code delete -r}): hidden
 * here until a create of the same name takes them up again.
 */
final class Forgotten {
  private static final Logger LOG = Logger.getLogger(Forgotten.class);
  private static final String SUFFIX = ".json";

  private final Path directory;
  private final Set<VolumeName> names = ConcurrentHashMap.newKeySet();

  private Forgotten(Path directory) {
    this.directory = directory;
  }

  static Forgotten open(Path stateDir) {
    Forgotten forgotten = new Forgotten(stateDir.resolve("forgotten"));
    try (var files = Files.newDirectoryStream(forgotten.directory, "*" + SUFFIX)) {
      for (Path file : files) {
        String text = String.valueOf(file.getFileName());
        forgotten.load(text.substring(0, text.length() - SUFFIX.length()));
      }
    } catch (NoSuchFileException e) {
      return forgotten; // nothing has ever been forgotten
    } catch (IOException e) {
      throw Failures.ofFile("cannot read " + forgotten.directory, e);
    }
    return forgotten;
  }

  private void load(String text) {
    try {
      names.add(new VolumeName(text));
    } catch (VolumeError e) {
      LOG.debugf("%s in %s is not ours", text, directory);
    }
  }

  boolean has(VolumeName name) {
    return names.contains(name);
  }

  void add(VolumeName name, String backend) {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw Failures.ofFile("cannot make " + directory, e);
    }
    StateFile.write(
        file(name),
        JsonNodeFactory.instance
            .objectNode()
            .put("volume", name.value())
            .put("backend", backend)
            .put("at", Instant.now().toString()));
    names.add(name);
  }

  void remove(VolumeName name) {
    try {
      Files.deleteIfExists(file(name));
    } catch (IOException e) {
      throw Failures.ofFile("cannot take up volume " + name + " again", e);
    }
    names.remove(name);
  }

  private Path file(VolumeName name) {
    return directory.resolve(name.value() + SUFFIX);
  }
}
