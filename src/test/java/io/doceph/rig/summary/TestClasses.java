package io.doceph.rig.summary;

import java.io.IOException;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * The compiled test classes. What a tag left out is in no report, so that only the classes
 * themselves can tell that it exists.
 */
final class TestClasses {
  private TestClasses() {}

  /** All suites (concrete top-level classes called …Test or …IT) under the given directory. */
  static List<Class<?>> suites(Path testClasses) throws IOException {
    if (!Files.isDirectory(testClasses)) {
      return List.of();
    }
    var suites = new ArrayList<Class<?>>();
    try (Stream<Path> files = Files.walk(testClasses)) {
      for (Path file : files.sorted().toList()) {
        String path = testClasses.relativize(file).toString();
        if (path.indexOf('$') < 0 && (path.endsWith("Test.class") || path.endsWith("IT.class"))) {
          Class<?> type =
              load(path.substring(0, path.length() - ".class".length()).replace('/', '.'));
          if (!Modifier.isAbstract(type.getModifiers())) {
            suites.add(type);
          }
        }
      }
    }
    return suites;
  }

  private static Class<?> load(String name) {
    try {
      return Class.forName(name, false, TestClasses.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(
          "The test class " + name + " is in the build directory but not on the class path.", e);
    }
  }

  /** Whether the class, one of its superclasses or one of its own annotations bears the tag. */
  static boolean tagged(AnnotatedElement element, String tag) {
    return AnnotationSupport.findRepeatableAnnotations(element, Tag.class).stream()
        .anyMatch(found -> found.value().equals(tag));
  }

  /** The tests of a suite that bear the tag one by one, in it or in its nested classes. */
  static List<String> taggedTests(Class<?> suite, String tag) {
    var names = new ArrayList<String>();
    collect(suite, "", tag, names);
    return names.stream().sorted().distinct().toList();
  }

  private static void collect(Class<?> type, String prefix, String tag, List<String> names) {
    for (Class<?> at = type; at != null && at != Object.class; at = at.getSuperclass()) {
      for (Method method : at.getDeclaredMethods()) {
        if (tagged(method, tag)) {
          names.add(prefix + method.getName());
        }
      }
    }
    for (Class<?> nested : type.getDeclaredClasses()) {
      if (tagged(nested, tag)) {
        names.add(prefix + nested.getSimpleName());
      } else {
        collect(nested, prefix + nested.getSimpleName() + ".", tag, names);
      }
    }
  }
}
