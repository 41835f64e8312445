package io.doceph.volume;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Kills the daemon at one step when a test asks for it; does nothing otherwise. */
public final class CutPoints {
  /** A state directory that holds this file belongs to a test bed. */
  public static final String TEST_BED = ".test-bed";

  /** Never kills. */
  public static final CutPoints NONE = new CutPoints(null);

  private static final int KILLED = 128 + 9;

  private final @Nullable CutPoint killAt;

  private CutPoints(@Nullable CutPoint killAt) {
    this.killAt = killAt;
  }

  /**
   * The cut point that the configuration asks for.
   *
   * @throws IllegalArgumentException outside a test bed, and for an unknown step
   */
  public static CutPoints of(@Nullable String step, Path stateDir) {
    if (step == null) {
      return NONE;
    }
    if (!Files.exists(stateDir.resolve(TEST_BED))) {
      throw new IllegalArgumentException(
          "doceph.fault.kill-at kills the daemon and is for the project's own tests only; remove it, or make "
              + stateDir.resolve(TEST_BED)
              + " if this is a test bed");
    }
    return new CutPoints(
        Arrays.stream(CutPoint.values())
            .filter(p -> p.text().equals(step))
            .findFirst()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "doceph.fault.kill-at"
                            + ": there is no step '"
                            + step
                            + "'; known: "
                            + Arrays.stream(CutPoint.values())
                                .map(CutPoint::text)
                                .collect(Collectors.joining(" ")))));
  }

  /** Says that a step is done. */
  void reached(CutPoint step) {
    if (step == killAt) {
      Runtime.getRuntime().halt(KILLED);
    }
  }
}
