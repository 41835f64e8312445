package io.doceph.backend.rbd;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The metadata folder of the original doceph, one JSON file a volume. Its form is not written down
 * anywhere but in the answers to Get, so that all forms are taken that can mean only one thing. No
 * value of a file is ever repeated in a message.
 */
final class LegacyMetadata {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** A description takes some hundred bytes. */
  private static final long LARGEST = 1L << 20;

  private static final Pattern SIZE =
      Pattern.compile("(\\d{1,9})(?:\\.0+)?\\s*(?:g|gb|gib)?", Pattern.CASE_INSENSITIVE);

  private static final Set<String> MEMBERS =
      Set.of("name", "opts", "mountpoint", "pool", "fs", "size", "auth_user");

  /**
   * What one file says; what it does not say, or says in a form that cannot be used, is null or 0.
   */
  record Description(
      Path file,
      VolumeName name,
      @Nullable String pool,
      @Nullable String user,
      long sizeGiB,
      @Nullable String filesystem,
      @Nullable Path mountpoint,
      List<String> notes) {}

  private final List<Description> descriptions = new ArrayList<>();
  private final List<LegacyVolumes.Skipped> skipped = new ArrayList<>();

  /** Reads the folder; one that is not there holds nothing. */
  static LegacyMetadata read(Path folder) {
    LegacyMetadata metadata = new LegacyMetadata();
    if (!Files.exists(folder)) {
      return metadata;
    }
    Map<VolumeName, Path> seen = new TreeMap<>();
    for (Path file : files(folder)) {
      try {
        Description description = describe(file);
        Path other = seen.putIfAbsent(description.name(), file);
        if (other != null) {
          throw new IOException("its volume is described by " + other.getFileName() + " already");
        }
        metadata.descriptions.add(description);
      } catch (IOException e) {
        metadata.skipped.add(new LegacyVolumes.Skipped(shown(file), why(e)));
      }
    }
    return metadata;
  }

  List<Description> descriptions() {
    return descriptions;
  }

  List<LegacyVolumes.Skipped> skipped() {
    return skipped;
  }

  private static List<Path> files(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    } catch (IOException e) {
      throw new VolumeError(
          VolumeError.Code.FAILED,
          "cannot read the metadata folder %s: %s; see that it is a folder that doceph may read"
              .formatted(folder, why(e)),
          e);
    }
  }

  private static Description describe(Path file) throws IOException {
    JsonNode top = tree(file);
    if (member(top, "Volume").isObject()) {
      top = member(top, "Volume");
    }
    JsonNode opts = member(top, "Opts").isObject() ? member(top, "Opts") : top;
    if (!top.isObject() || !isVolume(top)) {
      throw new IOException("it does not have the form of a volume's description");
    }
    List<String> notes = new ArrayList<>();
    VolumeName name = name(file, top, notes);
    String mountpoint = text(member(top, "Mountpoint"));
    boolean isPath = mountpoint != null && mountpoint.startsWith("/") && !hasNul(mountpoint);
    if (mountpoint != null && !isPath) {
      notes.add("its mountpoint in the metadata is no absolute path");
    }
    return new Description(
        file,
        name,
        plain("pool", member(opts, "pool"), notes),
        plain("auth_user", member(opts, "auth_user"), notes),
        size(member(opts, "size"), notes),
        plain("fs", member(opts, "fs"), notes),
        isPath ? Path.of(mountpoint).normalize() : null,
        notes);
  }

  private static JsonNode tree(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException("it is no regular file");
    }
    if (Files.size(file) > LARGEST) {
      throw new IOException("it is larger than %d KiB".formatted(LARGEST >> 10));
    }
    byte[] bytes = Files.readAllBytes(file);
    try {
      return JSON.readTree(bytes);
    } catch (JsonProcessingException e) {
      // Not the parser's own words: they repeat what it found.
      int line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
      throw new IOException("it is no JSON from line %d on".formatted(line), e);
    }
  }

  private static boolean isVolume(JsonNode top) {
    return top.properties().stream()
        .anyMatch(p -> MEMBERS.contains(p.getKey().toLowerCase(Locale.ROOT)));
  }

  private static VolumeName name(Path file, JsonNode top, List<String> notes) throws IOException {
    String stem = String.valueOf(file.getFileName()).replaceFirst("\\.json$", "");
    String name = text(member(top, "Name"));
    String chosen = name == null ? stem : name;
    if (!VolumeName.isValid(chosen)) {
      throw new IOException(
          "the name in it is no name of a volume: 1 to 128 of the characters A-Z a-z 0-9 _ . -, a letter or a digit first");
    }
    if (!chosen.equals(stem)) {
      notes.add("its metadata file is called " + shown(file.getFileName()));
    }
    return new VolumeName(chosen);
  }

  private static @Nullable String plain(String member, JsonNode node, List<String> notes) {
    String text = text(node);
    if (text != null && !TableText.isPlain(text)) {
      notes.add("its %s in the metadata cannot be used".formatted(member));
      return null;
    }
    return text;
  }

  private static long size(JsonNode node, List<String> notes) {
    String text = text(node);
    if (text == null) {
      return 0;
    }
    Matcher matcher = SIZE.matcher(text.strip());
    if (!matcher.matches()) {
      notes.add("its size in the metadata is no number of GiB; the image knows its size");
      return 0;
    }
    return Long.parseLong(matcher.group(1));
  }

  private static JsonNode member(JsonNode object, String name) {
    for (Map.Entry<String, JsonNode> member : object.properties()) {
      if (member.getKey().equalsIgnoreCase(name)) {
        return member.getValue();
      }
    }
    return object.path(name);
  }

  private static @Nullable String text(JsonNode node) {
    boolean isText = (node.isTextual() || node.isNumber()) && !node.asText().isEmpty();
    return isText ? node.asText() : null;
  }

  private static boolean hasNul(String path) {
    return path.indexOf('\0') >= 0;
  }

  private static String shown(@Nullable Path path) {
    return String.valueOf(path).replaceAll("\\p{Cntrl}", "?");
  }

  private static String why(IOException e) {
    return e.getClass() == IOException.class
        ? String.valueOf(e.getMessage())
        : "it cannot be read (" + e.getClass().getSimpleName().replace("Exception", "") + ")";
  }
}
