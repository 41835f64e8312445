package io.doceph.host.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class CommandTest {

  private static final Command LS = Command.of(Path.of("/bin/ls"), CommandClass.LOCAL);

  @Test
  void aProgramIsGivenByItsAbsolutePath() {
    assertThatThrownBy(() -> Command.of(Path.of("ls"), CommandClass.LOCAL))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a program is given by its absolute path, not as 'ls'");
  }

  @Test
  void everyChangeIsACopy() {
    Command more = LS.arg("-l").secretArg("sesame").acceptExit(2).stdoutLimit(5).env("A", "b");

    assertThat(LS.toString()).isEqualTo("ls");
    assertThat(LS.accepts(2)).isFalse();
    assertThat(LS.stdoutLimit()).isEqualTo(Command.DEFAULT_STDOUT_LIMIT);
    assertThat(LS.environment()).isEmpty();
    assertThat(more.toString()).isEqualTo("ls -l ***");
    assertThat(more.accepts(2)).isTrue();
    assertThat(more.accepts(0)).isTrue();
  }

  @Test
  void whatCannotBePassedIsRefused() {
    assertThatThrownBy(() -> LS.arg("a\0b")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> LS.secretArg("a\0b")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> LS.env("A=B", "c")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> LS.env("", "c")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> LS.stdoutLimit(-1)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aDeadlineIsNeverInThePastByMoreThanNothing() {
    Deadline past = Deadline.after(Duration.ofSeconds(-5));
    Deadline later = Deadline.after(Duration.ofHours(1));

    assertThat(past.expired()).isTrue();
    assertThat(past.remaining()).isZero();
    assertThat(later.expired()).isFalse();
    assertThat(later.remaining()).isBetween(Duration.ofMinutes(59), Duration.ofHours(1));
    assertThat(later.sooner(Duration.ofMinutes(1)).remaining())
        .isLessThanOrEqualTo(Duration.ofMinutes(1));
    assertThat(later.sooner(Duration.ofHours(2))).isEqualTo(later);
    assertThat(past.sooner(Duration.ofHours(2))).isEqualTo(past);
    assertThat(Deadline.after(Duration.ofSeconds(Long.MAX_VALUE)).remaining())
        .isGreaterThan(Duration.ofDays(364));
  }
}
