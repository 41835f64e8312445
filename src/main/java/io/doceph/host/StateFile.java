package io.doceph.host;

import com.fasterxml.jackson.databind.*;
import com.fasterxml.jackson.databind.node.*;
import java.io.*;
import java.nio.file.*;
import java.util.*;

public final class StateFile {
  private StateFile() {}

  private static final ObjectMapper M = new ObjectMapper();

  private static Path temp(Path f, ObjectNode d) throws IOException {
    Path t = f.resolveSibling("." + f.getFileName() + "." + UUID.randomUUID() + ".tmp");
    ObjectNode o = M.createObjectNode();
    o.put("version", 1);
    o.set("data", d);
    Files.write(t, M.writeValueAsBytes(o));
    return t;
  }

  public static void write(Path f, ObjectNode d) {
    try {
      Files.move(temp(f, d), f, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static boolean createNew(Path f, ObjectNode d) {
    try {
      Path t = temp(f, d);
      try {
        Files.createLink(f, t);
        return true;
      } catch (FileAlreadyExistsException e) {
        return false;
      } finally {
        Files.delete(t);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static Optional<ObjectNode> read(Path f) {
    try {
      return Optional.of((ObjectNode) M.readTree(Files.readAllBytes(f)).get("data"));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException | RuntimeException e) {
      throw new DamagedStateException(String.valueOf(e.getMessage()));
    }
  }

  public static void sweep(Path d) {
    try (var s = Files.newDirectoryStream(d, ".*.tmp")) {
      for (Path p : s) Files.delete(p);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
