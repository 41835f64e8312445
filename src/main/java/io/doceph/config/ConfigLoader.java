package io.doceph.config;

import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.SysPropConfigSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Loads the configuration before anything else starts: the packaged defaults, then the file, then
 * environment variables, then {@code -D}. Strict: an unknown key or a wrong value is a {@link
 * ConfigProblem} that names file, line, key and the allowed values.
 */
public final class ConfigLoader {
  /** The environment variable that names another configuration file. */
  public static final String FILE_VARIABLE = "DOCEPH_CONFIG";

  private static final Path DEFAULT_FILE = Path.of("/etc/doceph/application.properties");
  private static final String PREFIX = "doceph.";

  /** What the library writes between the value and what a converter says of it (SRCFG00039). */
  private static final String CONVERTED = " threw an Exception whilst being converted ";

  /** Variables that the command line or the service manager set, not keys. */
  private static final Set<String> OTHER_VARIABLES = Set.of(FILE_VARIABLE, "DOCEPH_RUN");

  private final Map<String, String> environment;
  private final @Nullable Path file;
  private Properties fileValues = new Properties();
  private List<String> fileLines = List.of();

  private ConfigLoader(Map<String, String> environment, @Nullable Path file) {
    this.environment = environment;
    this.file = file;
  }

  /**
   * The configuration file: the one named by {@value #FILE_VARIABLE}, or the default one if it is
   * there.
   */
  public static Optional<Path> file(Map<String, String> environment) {
    String named = environment.get(FILE_VARIABLE);
    if (named != null) {
      return Optional.of(Path.of(named));
    }
    return Files.exists(DEFAULT_FILE) ? Optional.of(DEFAULT_FILE) : Optional.empty();
  }

  /**
   * Loads and checks everything.
   *
   * @throws ConfigProblem when a key is unknown, a value wrong or the file unreadable
   */
  public static DocephConfig load(Map<String, String> environment) {
    ConfigLoader loader = new ConfigLoader(environment, file(environment).orElse(null));
    loader.readFile();
    loader.refuseUnknownKeys();
    DocephConfig config = loader.map();
    ConfigRules.check(config);
    return config;
  }

  private void readFile() {
    if (file == null) {
      return;
    }
    try (var reader = Files.newBufferedReader(file)) {
      fileValues = new Properties();
      fileValues.load(reader);
      fileLines = Files.readAllLines(file);
    } catch (IOException | IllegalArgumentException e) {
      throw new ConfigProblem(
          List.of("cannot read the configuration file " + file + ": " + e.getMessage()));
    }
  }

  private void refuseUnknownKeys() {
    List<String> problems = new ArrayList<>();
    for (String key : new TreeMap<>(fileValues).keySet().stream().map(Object::toString).toList()) {
      if (!key.startsWith("quarkus.")) {
        unknown(key, file + ", line " + line(key)).ifPresent(problems::add);
      }
    }
    Set<String> variables =
        ConfigKeys.all().stream().map(ConfigKeys.Key::variable).collect(Collectors.toSet());
    for (String variable : new TreeMap<>(environment).keySet()) {
      if (variable.startsWith("DOCEPH_")
          && !variables.contains(variable)
          && !OTHER_VARIABLES.contains(variable)) {
        String suggestion = suggestion(variable.toLowerCase(Locale.ROOT).replace('_', '.'));
        String text =
            "the environment variable "
                + variable
                + " stands for no key that doceph knows"
                + suggestion
                + "; docs/configuration.md lists them all";
        // A slip of the pen is refused like one in the file. Anything else may be another
        // program's,
        // and volumes must not be missing because of it.
        if (suggestion.isEmpty()) {
          System.err.println("doceph: ignored: " + text);
        } else {
          problems.add(text);
        }
      }
    }
    for (String key : System.getProperties().stringPropertyNames()) {
      if (key.startsWith(PREFIX)) {
        unknown(key, "-D" + key).ifPresent(problems::add);
      }
    }
    if (!problems.isEmpty()) {
      throw new ConfigProblem(problems);
    }
  }

  private static Optional<String> unknown(String key, String where) {
    if (ConfigKeys.named(key).isPresent()) {
      return Optional.empty();
    }
    return Optional.of(
        where
            + ": unknown key '"
            + key
            + "'"
            + suggestion(key)
            + "; docs/configuration.md lists them all");
  }

  private static String suggestion(String key) {
    String simple = key.replaceAll("[^a-z0-9]", "");
    String best = "";
    int bestDistance = 4;
    for (ConfigKeys.Key k : ConfigKeys.all()) {
      int d = distance(simple, k.name().replaceAll("[^a-z0-9]", ""));
      if (d < bestDistance) {
        bestDistance = d;
        best = k.name();
      }
    }
    return best.isEmpty() ? "" : " (did you mean '" + best + "'?)";
  }

  /** Levenshtein's distance, for names of some dozen characters. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }

  private DocephConfig map() {
    Map<String, String> values = new HashMap<>();
    fileValues.stringPropertyNames().stream()
        .filter(k -> k.startsWith(PREFIX))
        .forEach(k -> values.put(k, fileValues.getProperty(k)));
    SmallRyeConfigBuilder builder =
        new SmallRyeConfigBuilder()
            .addDefaultInterceptors()
            .addDiscoveredConverters()
            .withMapping(DocephConfig.class)
            .withSources(
                new PropertiesConfigSource(values, "file", 200),
                new EnvConfigSource(docephVariables(), 300),
                new SysPropConfigSource());
    try {
      SmallRyeConfig config = builder.build();
      return config.getConfigMapping(DocephConfig.class);
    } catch (ConfigValidationException e) {
      List<String> problems = new ArrayList<>();
      for (int i = 0; i < e.getProblemCount(); i++) {
        problems.add(e.getProblem(i).getMessage());
      }
      throw new ConfigProblem(explain(problems));
    }
  }

  private Map<String, String> docephVariables() {
    Map<String, String> own = new HashMap<>(environment);
    own.keySet().removeIf(k -> !k.startsWith("DOCEPH_") || OTHER_VARIABLES.contains(k));
    return own;
  }

  /** Says where each wrong value came from; the library's own text names only the key. */
  private List<String> explain(List<String> raw) {
    Set<String> told = new HashSet<>();
    List<String> problems = new ArrayList<>();
    for (ConfigKeys.Key key : ConfigKeys.all()) {
      for (String text : raw) {
        boolean about = text.contains(key.name() + " ") || text.endsWith(key.name());
        if (about && told.add(key.name())) {
          problems.add(wrong(key.name(), origin(key), reason(text)));
        }
      }
    }
    return problems.isEmpty() ? raw : problems;
  }

  private static String reason(String text) {
    for (String before : List.of(CONVERTED, "Exception: ")) {
      int i = text.lastIndexOf(before);
      if (i >= 0) {
        return text.substring(i + before.length());
      }
    }
    return text;
  }

  private String origin(ConfigKeys.Key key) {
    String property = System.getProperty(key.name());
    if (property != null) {
      return "-D" + key.name() + "=" + property;
    }
    String variable = environment.get(key.variable());
    if (variable != null) {
      return "environment variable " + key.variable() + "=" + variable;
    }
    return file + ", line " + line(key.name());
  }

  static String wrong(String key, String where, String reason) {
    String allowed = ConfigKeys.named(key).map(ConfigKeys.Key::allowed).orElse("");
    return where + ": wrong value for " + key + ": " + reason + "; allowed: " + allowed;
  }

  /** The line of a key in the file, counted from 1; the last one counts, as in the value. */
  private int line(String key) {
    int found = 0;
    for (int i = 0; i < fileLines.size(); i++) {
      String text = fileLines.get(i).strip();
      if (text.startsWith(key)
          && (text.length() == key.length() || " =:\t".indexOf(text.charAt(key.length())) >= 0)) {
        found = i + 1;
      }
    }
    return found;
  }
}
