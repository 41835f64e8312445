package io.doceph.host;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * A JSON file that is whole or absent, whatever is cut short, with a version and a checksum: {@code
 * {"version":1,"checksum":"crc32c:…","data":{…}}}. Mode 0600. Who writes one file from several
 * threads does so one after another. All methods throw {@link UncheckedIOException} when the disk
 * does not do its part.
 */
public final class StateFile {

  private static final int VERSION = 1;

  /** More than any state of ours; what is larger is something else, and not read into memory. */
  private static final long LARGEST = 64L << 20;

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private StateFile() {}

  /** Writes the file, replacing it if it exists. When this returns, it is on the disk. */
  public static void write(Path file, ObjectNode data) {
    try {
      Path temporary = writeTemporary(file, data);
      try {
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        Files.deleteIfExists(temporary);
        throw e;
      }
      syncDirectory(parent(file));
    } catch (IOException e) {
      throw failed(file, "written", e);
    }
  }

  /**
   * Writes the file unless it exists; nobody ever sees it in part. Of several that try at once, on
   * one host or on several that share the directory over NFS, exactly one succeeds.
   *
   * @return false when it exists; it is left as it is
   */
  public static boolean createNew(Path file, ObjectNode data) {
    try {
      Path temporary = writeTemporary(file, data);
      boolean created;
      try {
        created = link(file, temporary);
      } finally {
        Files.deleteIfExists(temporary);
      }
      syncDirectory(parent(file));
      return created;
    } catch (IOException | UnsupportedOperationException e) {
      throw failed(file, "created", e);
    }
  }

  /**
   * Reads the file.
   *
   * @return empty when there is none
   * @throws DamagedStateException when it is not what was written; {@link NewerStateException} when
   *     a newer doceph has written it
   */
  public static Optional<ObjectNode> read(Path file) {
    byte[] bytes;
    try {
      if (Files.size(file) > LARGEST) {
        throw new DamagedStateException(file, "it is larger than %d bytes".formatted(LARGEST));
      }
      bytes = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw failed(file, "read", e);
    }
    return Optional.of(check(file, bytes));
  }

  /**
   * Removes what interrupted writes of this host left in a directory; what other hosts that share
   * it left only after an hour, for they may be writing now. Call it at start.
   */
  public static void sweep(Path directory) {
    TemporaryFiles.sweep(directory);
  }

  private static ObjectNode check(Path file, byte[] bytes) {
    JsonNode tree;
    try {
      tree = JSON.readTree(bytes);
    } catch (IOException e) {
      String why =
          e instanceof JsonProcessingException json ? json.getOriginalMessage() : e.getMessage();
      throw new DamagedStateException(file, "it is no JSON (%s)".formatted(why));
    }
    JsonNode version = tree.path("version");
    if (version.isInt() && version.asInt() > VERSION) {
      throw new NewerStateException(
          file,
          "it has version %s, this doceph knows up to %d; use the newer one"
              .formatted(version, VERSION));
    }
    if (!version.isInt()
        || version.asInt() != VERSION
        || !(tree.path("data") instanceof ObjectNode data)) {
      throw new DamagedStateException(file, "it has no version or no data");
    }
    String checksum = tree.path("checksum").asText("");
    if (!checksum.equals(checksum(serialize(data)))) {
      throw new DamagedStateException(file, "its checksum does not match its data");
    }
    return data;
  }

  private static boolean link(Path file, Path temporary) throws IOException {
    try {
      Files.createLink(file, temporary);
      return true;
    } catch (FileAlreadyExistsException e) {
      // NFS: the answer to our own link may have been lost, and this be the answer to its
      // repetition.
      return Files.exists(file) && Files.isSameFile(file, temporary);
    }
  }

  private static Path writeTemporary(Path file, ObjectNode data) throws IOException {
    Path temporary = TemporaryFiles.create(parent(file));
    try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
      ByteBuffer buffer = ByteBuffer.wrap(document(data));
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      channel.force(true);
    } catch (IOException e) {
      Files.deleteIfExists(temporary);
      throw e;
    }
    return temporary;
  }

  private static byte[] document(ObjectNode data) throws IOException {
    // Through bytes and back, so that the checksum is of what a reader will have, whatever number
    // types were used.
    JsonNode normal = JSON.readTree(serialize(data));
    ObjectNode document = JSON.createObjectNode();
    document.put("version", VERSION);
    document.put("checksum", checksum(serialize(normal)));
    document.set("data", normal);
    return JSON.writeValueAsBytes(document);
  }

  private static byte[] serialize(JsonNode node) {
    try {
      return JSON.writeValueAsBytes(node);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException("a tree of JSON nodes cannot be written", e);
    }
  }

  private static String checksum(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, bytes.length);
    return "crc32c:%08x".formatted(crc.getValue());
  }

  /** A rename or a link is only on the disk when its directory is. */
  private static void syncDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static Path parent(Path file) throws IOException {
    Path parent = file.toAbsolutePath().getParent();
    if (parent == null) {
      throw new IOException("it has no directory");
    }
    return parent;
  }

  private static UncheckedIOException failed(Path file, String what, Exception cause) {
    return new UncheckedIOException(
        "the state file %s cannot be %s: %s".formatted(file, what, cause), new IOException(cause));
  }
}
