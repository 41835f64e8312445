import java.io.IOException;
import java.util.Arrays;

/** Times of something that is done many times. */
final class Samples {
  /** Something to be timed; told how often it has been done before. */
  interface Work {
    void run(int times) throws IOException;
  }

  private final double[] millis;

  private Samples(double[] millis) {
    this.millis = millis;
    Arrays.sort(millis);
  }

  /** Does it often enough to be warm, then {@code count} times by the clock. */
  static Samples of(int count, Work work) throws IOException {
    int warm = Math.min(count / 10, 100);
    for (int i = 0; i < warm; i++) {
      work.run(i);
    }
    double[] millis = new double[count];
    for (int i = 0; i < count; i++) {
      long began = System.nanoTime();
      work.run(warm + i);
      millis[i] = (System.nanoTime() - began) / 1e6;
    }
    return new Samples(millis);
  }

  /** Times that were taken elsewhere. */
  static Samples ofMillis(double... millis) {
    return new Samples(millis.clone());
  }

  double median() {
    return millis[millis.length / 2];
  }

  String medianText() {
    return Report.number(median()) + " ms";
  }

  /** The time that 99 of 100 do not exceed. */
  double p99() {
    return millis[(int) Math.ceil(millis.length * 0.99) - 1];
  }

  double least() {
    return millis[0];
  }
}
