package io.doceph.config;

import java.util.List;

/** The configuration cannot be used; each problem is one sentence for the administrator. */
public final class ConfigProblem extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient List<String> problems;

  ConfigProblem(List<String> problems) {
    super(String.join("\n", problems));
    this.problems = List.copyOf(problems);
  }

  /** One sentence a problem, never empty. */
  public List<String> problems() {
    return problems;
  }
}
