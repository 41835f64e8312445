package io.doceph.rig.summary;

import io.doceph.rig.summary.TestResult.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;
import org.xml.sax.helpers.DefaultHandler;

/** The XML reports that surefire and failsafe leave in the build directory. */
final class Reports {
  private Reports() {}

  /**
   * All test cases of this build.
   *
   * @param target the build directory
   * @param since when the build started: older reports belong to an earlier one and are passed over
   */
  static List<TestResult> read(Path target, Instant since) throws IOException {
    var results = new ArrayList<TestResult>();
    for (String directory : List.of("surefire-reports", "failsafe-reports")) {
      Path reports = target.resolve(directory);
      if (!Files.isDirectory(reports)) {
        continue;
      }
      try (Stream<Path> files = Files.list(reports)) {
        for (Path file : files.filter(Reports::isReport).sorted().toList()) {
          if (!Files.getLastModifiedTime(file).toInstant().isBefore(since)) {
            results.addAll(parse(file, directory.startsWith("failsafe")));
          }
        }
      }
    }
    return results;
  }

  private static boolean isReport(Path file) {
    String name = file.getFileName().toString();
    return name.startsWith("TEST-") && name.endsWith(".xml");
  }

  private static List<TestResult> parse(Path file, boolean integration) throws IOException {
    try {
      DocumentBuilder parser = DocumentBuilderFactory.newDefaultInstance().newDocumentBuilder();
      parser.setErrorHandler(new DefaultHandler()); // the default one also prints
      NodeList cases = parser.parse(file.toFile()).getElementsByTagName("testcase");
      var results = new ArrayList<TestResult>();
      for (int i = 0; i < cases.getLength(); i++) {
        results.add(result((Element) cases.item(i), integration));
      }
      return results;
    } catch (SAXException | ParserConfigurationException e) {
      throw new IOException("The test report " + file + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static TestResult result(Element test, boolean integration) {
    String type = test.getAttribute("classname");
    int nested = type.indexOf('$');
    String suite = nested < 0 ? type : type.substring(0, nested);
    String name = test.getAttribute("name");
    if (nested >= 0) {
      name = type.substring(nested + 1).replace('$', '.') + "." + name;
    }
    NodeList skipped = test.getElementsByTagName("skipped");
    if (skipped.getLength() > 0) {
      String reason = reason((Element) skipped.item(0));
      return new TestResult(suite, name, integration, Outcome.SKIPPED, reason);
    }
    boolean failed =
        test.getElementsByTagName("failure").getLength() > 0
            || test.getElementsByTagName("error").getLength() > 0;
    return new TestResult(suite, name, integration, failed ? Outcome.FAILED : Outcome.PASSED, "");
  }

  /** The message of a disabled test; of a failed assumption, the first line of its stack trace. */
  private static String reason(Element skipped) {
    String reason = skipped.getAttribute("message").strip();
    if (reason.isEmpty()) {
      String type = skipped.getAttribute("type");
      reason = skipped.getTextContent().strip().lines().findFirst().orElse("");
      reason = reason.startsWith(type) ? reason.substring(type.length()) : reason;
      reason = reason.replaceFirst("^:? *(Assumption failed: )?", "").strip();
    }
    return reason.isEmpty() ? "no reason given" : reason;
  }
}
