package io.doceph.backend.rbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.doceph.volume.VolumeError;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ReachabilityTest {
  private static final String WHAT = "volume db cannot be mapped";

  private final Reachability reachability = new Reachability();

  @Test
  void aPoolThatIsNotHeardOfInTheFirstSecondsIsRefusedThenAtOnce() {
    reachability.asking("volumes");

    assertThatThrownBy(() -> reachability.requireKnown(WHAT, "volumes"))
        .isInstanceOfSatisfying(
            VolumeError.class, e -> assertThat(e.code()).isEqualTo(VolumeError.Code.UNAVAILABLE))
        .hasMessageStartingWith(WHAT + ": the Ceph cluster has not answered since ");

    Instant again = Instant.now();
    assertThatThrownBy(() -> reachability.requireKnown(WHAT, "volumes")).hasMessageContaining(WHAT);
    assertThat(Duration.between(again, Instant.now())).isLessThan(Duration.ofSeconds(2));
  }

  @Test
  void whoComesTooEarlyWaitsForTheFirstAnswer() {
    reachability.asking("volumes");
    CompletableFuture<Void> waiting =
        CompletableFuture.runAsync(() -> reachability.requireKnown(WHAT, "volumes"));
    assertThatThrownBy(() -> waiting.get(300, TimeUnit.MILLISECONDS)).hasMessage(null);

    reachability.answered("volumes");

    assertThatCode(() -> waiting.get(10, TimeUnit.SECONDS)).doesNotThrowAnyException();
  }

  @Test
  void aPoolThatNobodyHasAskedYetMayBeAsked() {
    reachability.asking("ssd");

    assertThatCode(() -> reachability.requireKnown(WHAT, "volumes")).doesNotThrowAnyException();
  }

  @Test
  void whatIsSilentNowIsRefusedUntilItAnswers() {
    reachability.answered("volumes");
    reachability.silent("volumes", "no answer");

    assertThatThrownBy(() -> reachability.requireKnown(WHAT, "volumes"))
        .hasMessageContaining("has not answered since");
    assertThatCode(() -> reachability.require(WHAT, "ssd")).doesNotThrowAnyException();

    reachability.answered("volumes");
    assertThatCode(() -> reachability.requireKnown(WHAT, "volumes")).doesNotThrowAnyException();
  }
}
