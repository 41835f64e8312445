import java.util.Locale;

/** Lines of a figure, its goal and what to compare it with. */
final class Report {
  private static final String LINE = "%-46s %12s   %-10s %-5s %s";

  private Report() {}

  static void head(String text) {
    System.out.printf("%n%s%n", text);
  }

  static void columns() {
    System.out.println(LINE.formatted("", "measured", "goal", "", "beside it").stripTrailing());
  }

  /** A figure with a goal that it should not exceed. */
  static void figure(String what, double value, double goal, String unit, String beside) {
    String mark = value <= goal ? "" : "over";
    line(what, number(value) + space(unit), "≤ " + trimmed(goal) + space(unit), mark, beside);
  }

  /** A figure without a goal. */
  static void figure(String what, String value, String beside) {
    line(what, value, "", "", beside);
  }

  static void skipped(String what, String why) {
    line(what, "-", "", "", "not measured: " + why);
  }

  private static String space(String unit) {
    return unit.isEmpty() ? "" : " " + unit;
  }

  private static void line(String what, String value, String goal, String mark, String beside) {
    System.out.println(LINE.formatted(what, value, goal, mark, beside).stripTrailing());
    System.out.flush();
  }

  /** Three digits that matter. */
  static String number(double value) {
    int digits = value < 1 ? 3 : value < 10 ? 2 : value < 100 ? 1 : 0;
    return String.format(Locale.ROOT, "%." + digits + "f", value);
  }

  /** A mean of whole numbers: mostly a whole number itself. */
  static String count(double value) {
    return trimmed(Math.round(value * 10) / 10.0);
  }

  private static String trimmed(double value) {
    return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
  }
}
