package io.doceph.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The Ansible role takes every key, and says of each what the daemon and the documentation say. */
class AnsibleRoleTest {
  private static final Path ROLE =
      Path.of("deploy/ansible/roles/doceph/meta/argument_specs.yml").toAbsolutePath();
  private static final Path DOCS = Path.of("docs/configuration.md").toAbsolutePath();

  private static final Pattern OPTION =
      Pattern.compile("^ {10}(doceph\\.[^:]+):\n((?: {12}.*\n)+)", Pattern.MULTILINE);

  @Test
  void theRoleTakesEveryKeyAndExplainsIt() throws IOException {
    Map<String, String> options = options();
    String docs = Files.readString(DOCS);

    assertThat(options.keySet()).containsExactlyElementsOf(keys());
    for (String key : keys()) {
      String purpose = ConfigKeys.named(key).orElseThrow().purpose();
      assertThat(options.get(key)).as(key).endsWith(purpose + " " + standard(docs, key));
    }
  }

  /** All but the one that is for the project's own tests. */
  private static List<String> keys() {
    return ConfigKeys.all().stream()
        .map(ConfigKeys.Key::name)
        .filter(key -> !key.equals("doceph.fault.kill-at"))
        .toList();
  }

  /** What the role has of each key, on one line. */
  private static Map<String, String> options() throws IOException {
    var options = new LinkedHashMap<String, String>();
    Matcher option = OPTION.matcher(Files.readString(ROLE));
    while (option.find()) {
      options.put(option.group(1), option.group(2).replaceAll("\\s+", " ").strip());
    }
    return options;
  }

  private static String standard(String docs, String key) {
    Matcher row =
        Pattern.compile(
                "^\\| `"
                    + Pattern.quote(key)
                    + "` \\| `[A-Z_]+` \\| `([^`]*)` \\|[^\n]*\\|[^\n]*\\|$",
                Pattern.MULTILINE)
            .matcher(docs);
    return row.find() ? "Default: " + row.group(1) + "." : "No default.";
  }
}
