package io.doceph.config;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A build passes its own properties on, such as doceph.format.goal, and the loader would refuse
 * them: they are away during a test, and what a test has set is away after it.
 */
final class WithoutBuildProperties implements BeforeEachCallback, AfterEachCallback {
  private final Map<String, String> kept = new HashMap<>();

  @Override
  public void beforeEach(ExtensionContext context) {
    for (String name : System.getProperties().stringPropertyNames()) {
      if (name.startsWith("doceph.")) {
        kept.put(name, System.getProperty(name));
        System.clearProperty(name);
      }
    }
  }

  @Override
  public void afterEach(ExtensionContext context) {
    for (String name : System.getProperties().stringPropertyNames()) {
      if (name.startsWith("doceph.")) {
        System.clearProperty(name);
      }
    }
    kept.forEach(System::setProperty);
    kept.clear();
  }
}
