package io.doceph.backend.rbd;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.config.ByteSize;
import io.doceph.volume.SpecParser;
import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The options of a volume that only RBD knows: checked, completed, and as arguments of rbd. */
final class ImageOptions {
  static final String POOL = "pool";
  static final String NAMESPACE = "namespace";
  static final String USER = "auth_user";
  static final String MAP = "map";
  private static final String FEATURES = "features";
  private static final String DATA_POOL = "data-pool";
  private static final String OBJECT_SIZE = "object-size";
  private static final String STRIPE_UNIT = "stripe-unit";
  private static final String STRIPE_COUNT = "stripe-count";

  /** All of them. */
  static final Set<String> NAMES =
      Set.of(
          POOL,
          NAMESPACE,
          USER,
          DATA_POOL,
          FEATURES,
          OBJECT_SIZE,
          STRIPE_UNIT,
          STRIPE_COUNT,
          MAP,
          VolumeSpec.READ_ONLY);

  static final String EXCLUSIVE_LOCK = "exclusive-lock";

  /**
   * The features that an image gets when none are asked for, with their bits in the kernel's mask.
   */
  private static final Map<String, Integer> WANTED = new LinkedHashMap<>();

  static {
    WANTED.put("layering", 1);
    WANTED.put(EXCLUSIVE_LOCK, 1 << 2);
    WANTED.put("object-map", 1 << 3);
    WANTED.put("fast-diff", 1 << 4);
    WANTED.put("deep-flatten", 1 << 5);
  }

  private static final Set<String> KNOWN =
      Set.of(
          "layering",
          "striping",
          EXCLUSIVE_LOCK,
          "object-map",
          "fast-diff",
          "deep-flatten",
          "journaling");

  private static final Path KERNEL_FEATURES = Path.of("/sys/bus/rbd/supported_features");

  private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}");

  /** Options of a map that change how fast it is, not what it is or who may look at it. */
  private static final Set<String> MAP_OPTIONS =
      Set.of(
          "alloc_size=",
          "queue_depth=",
          "lock_on_read",
          "exclusive",
          "lock_timeout=",
          "notrim",
          "abort_on_full",
          "osd_request_timeout=",
          "osdkeepalive=",
          "osd_idle_ttl=",
          "read_from_replica=",
          "crush_location=",
          "compression_hint=",
          "ms_mode=",
          "tcp_nodelay",
          "notcp_nodelay",
          "nocrc",
          "crc",
          "cephx_sign_messages",
          "nocephx_sign_messages",
          "cephx_require_signatures",
          "nocephx_require_signatures");

  private static final long SMALLEST_OBJECT = 4L << 10;
  private static final long LARGEST_OBJECT = 32L << 20;

  private final RbdSettings settings;

  ImageOptions(RbdSettings settings) {
    this.settings = settings;
  }

  /** Adds pool and namespace where none are given, and refuses wrong values. */
  void complete(ObjectNode options) {
    SpecParser.flag(options, VolumeSpec.READ_ONLY);
    Place first = settings.allPlaces().getFirst();
    String pool = SpecParser.text(options, POOL);
    String namespace = SpecParser.text(options, NAMESPACE);
    if (pool == null) {
      options.put(POOL, first.pool());
      if (namespace == null && !first.namespace().isEmpty()) {
        options.put(NAMESPACE, first.namespace());
      }
    }
    requireAllowed(options);
    requireFeatures(SpecParser.text(options, FEATURES));
    requireWord(DATA_POOL, SpecParser.text(options, DATA_POOL));
    requireStriping(options);
    List<String> unused = mapOptions(options);
  }

  private void requireAllowed(ObjectNode options) {
    String place = placeText(options);
    List<String> allowed = settings.allPlaces().stream().map(Place::toString).toList();
    if (!allowed.contains(place)) {
      throw wrong(
          "volumes cannot be made in '"
              + shown(place)
              + "' here; allowed: "
              + String.join(", ", allowed)
              + " (doceph.rbd.pools)");
    }
    String user = SpecParser.text(options, USER);
    if (user != null && !settings.users().contains(user)) {
      throw wrong(
          "the Ceph user '"
              + shown(user)
              + "' cannot be asked for here; allowed: "
              + String.join(", ", settings.users())
              + " (doceph.rbd.users)");
    }
  }

  private static void requireFeatures(@Nullable String text) {
    if (text == null) {
      return;
    }
    List<String> features = list(text);
    for (String feature : features) {
      if (!KNOWN.contains(feature)) {
        throw wrong(
            "'"
                + shown(feature)
                + "' is not a feature of images; known: "
                + String.join(", ", new TreeSet<>(KNOWN)));
      }
    }
    if (!features.contains(EXCLUSIVE_LOCK)) {
      throw wrong(
          "features must have exclusive-lock among them: without it a dead host cannot be told from"
              + " a live one");
    }
    Set<String> missing = new TreeSet<>(features);
    missing.removeAll(mappable(features));
    if (!missing.isEmpty()) {
      throw wrong(
          "this kernel cannot map images with "
              + String.join(", ", missing)
              + "; leave "
              + (missing.size() == 1 ? "it" : "them")
              + " out of the option features");
    }
  }

  private static void requireStriping(ObjectNode options) {
    Long object = bytes(options, OBJECT_SIZE);
    if (object != null
        && (object < SMALLEST_OBJECT || object > LARGEST_OBJECT || Long.bitCount(object) != 1)) {
      throw wrong("object-size must be a power of two from 4KiB to 32MiB, such as 4MiB");
    }
    Long unit = bytes(options, STRIPE_UNIT);
    String count = SpecParser.text(options, STRIPE_COUNT);
    if ((unit == null) != (count == null)) {
      throw wrong("stripe-unit and stripe-count go together");
    }
    if (count != null && !count.matches("[1-9]\\d{0,3}")) {
      throw wrong("stripe-count must be a whole number from 1 to 9999, not '" + shown(count) + "'");
    }
    long objectSize = object == null ? 4L << 20 : object;
    if (unit != null && (unit == 0 || objectSize % unit != 0)) {
      throw wrong("stripe-unit must divide the object size (" + new ByteSize(objectSize) + ")");
    }
  }

  private static @Nullable Long bytes(ObjectNode options, String key) {
    String text = SpecParser.text(options, key);
    if (text == null) {
      return null;
    }
    try {
      return ByteSize.parse(text, 1).bytes();
    } catch (IllegalArgumentException e) {
      throw new VolumeError(
          VolumeError.Code.INVALID,
          key + " must be a size such as 4MiB or 64KiB, not '" + shown(text) + "'",
          e);
    }
  }

  /** The map options that a volume asks for. */
  static List<String> mapOptions(ObjectNode options) {
    String text = SpecParser.text(options, MAP);
    if (text == null) {
      return List.of();
    }
    List<String> asked = list(text);
    for (String option : asked) {
      int equals = option.indexOf('=');
      String name = equals < 0 ? option : option.substring(0, equals + 1);
      if (!MAP_OPTIONS.contains(name) || !option.matches("[A-Za-z0-9_=.:|/-]+")) {
        throw wrong(
            "'"
                + shown(option)
                + "' cannot be asked for as a map option; allowed: "
                + String.join(", ", new TreeSet<>(MAP_OPTIONS)));
      }
    }
    return asked;
  }

  /** The arguments of {@code rbd create} for a volume. */
  static List<String> createArguments(VolumeSpec spec) {
    ObjectNode options = spec.options();
    List<String> arguments = new ArrayList<>();
    String features = SpecParser.text(options, FEATURES);
    for (String feature :
        features == null ? mappable(List.copyOf(WANTED.keySet())) : list(features)) {
      arguments.add("--image-feature");
      arguments.add(feature);
    }
    add(arguments, "--data-pool", SpecParser.text(options, DATA_POOL));
    addBytes(arguments, "--object-size", bytes(options, OBJECT_SIZE));
    addBytes(arguments, "--stripe-unit", bytes(options, STRIPE_UNIT));
    add(arguments, "--stripe-count", SpecParser.text(options, STRIPE_COUNT));
    return arguments;
  }

  private static void add(List<String> arguments, String name, @Nullable String value) {
    if (value != null) {
      arguments.add(name);
      arguments.add(value);
    }
  }

  private static void addBytes(List<String> arguments, String name, @Nullable Long bytes) {
    add(arguments, name, bytes == null ? null : bytes + "B");
  }

  /** Those that the running kernel maps; all while its module is not loaded and cannot say. */
  private static List<String> mappable(List<String> features) {
    long mask;
    try {
      mask = Long.decode(Files.readString(KERNEL_FEATURES).strip());
    } catch (IOException | NumberFormatException e) {
      return features;
    }
    return features.stream()
        .filter(f -> (mask & WANTED.getOrDefault(f, f.equals("striping") ? 2 : 64)) != 0)
        .toList();
  }

  /** Where a volume's image is. */
  static Place place(VolumeSpec spec) {
    return Place.parse(placeText(spec.options()));
  }

  static String placeText(ObjectNode options) {
    String pool = options.path(POOL).asText();
    String namespace = options.path(NAMESPACE).asText("");
    return namespace.isEmpty() ? pool : pool + "/" + namespace;
  }

  private static void requireWord(String key, @Nullable String value) {
    if (value != null && !WORD.matcher(value).matches()) {
      throw wrong(key + " must be the name of a pool, not '" + shown(value) + "'");
    }
  }

  private static List<String> list(String text) {
    return Arrays.stream(text.split(",", -1)).map(String::strip).filter(s -> !s.isEmpty()).toList();
  }

  private static String shown(String value) {
    String clean = value.replaceAll("\\p{Cntrl}", "?");
    return clean.length() <= 80 ? clean : clean.substring(0, 80) + "…";
  }

  private static VolumeError wrong(String sentence) {
    return new VolumeError(VolumeError.Code.INVALID, sentence);
  }
}
