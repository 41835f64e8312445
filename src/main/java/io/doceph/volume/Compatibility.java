package io.doceph.volume;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Whether a second Create asks for the volume that is there. */
final class Compatibility {
  private Compatibility() {}

  /**
   * Refuses options that differ from those of the volume; what is not given does not differ.
   *
   * @param given the options of the new call
   * @param wanted what they mean
   */
  static void require(Volume there, @Nullable ObjectNode given, VolumeSpec wanted) {
    if (given == null) {
      return;
    }
    List<String> differences = new ArrayList<>();
    for (Map.Entry<String, JsonNode> option : given.properties()) {
      String key = option.getKey();
      if (option.getValue().isNull()) {
        continue; // not given
      }
      String has = effective(there.spec(), key);
      String wants = effective(wanted, key);
      if (!has.equals(wants)) {
        differences.add(key + " is " + (has.isEmpty() ? "not set" : has) + ", not " + wants);
      }
    }
    if (!differences.isEmpty()) {
      throw new VolumeError(
          VolumeError.Code.CONFLICT,
          "volume "
              + there.name()
              + " exists and is different: "
              + String.join("; ", differences)
              + "; use it as it is, or choose another name");
    }
  }

  private static String effective(VolumeSpec spec, String key) {
    return switch (key) {
      case "backend" -> spec.backend();
      case "size" -> spec.size() == null ? "" : spec.size().toString();
      case "fs" -> spec.filesystem() == null ? "" : spec.filesystem().wireName();
      case "mkfs" -> String.join(" ", spec.mkfs());
      case "mount" -> String.join(",", spec.mountOptions());
      case "mode" -> text(spec.root().mode());
      case "uid" -> text(spec.root().uid());
      case "gid" -> text(spec.root().gid());
      case "context" -> text(spec.context());
      case VolumeSpec.PROTECTED, VolumeSpec.READ_ONLY -> Boolean.toString(spec.isSet(key));
      default -> spec.options().path(key).asText();
    };
  }

  private static String text(@Nullable Object value) {
    return value == null ? "" : value.toString();
  }
}
