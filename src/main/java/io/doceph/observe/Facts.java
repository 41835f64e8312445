package io.doceph.observe;

import io.doceph.host.process.ProcessRunner;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** What the daemon can tell of itself. */
@ApplicationScoped
public class Facts {
  private final String version;
  private final ProcessRunner runner;
  private final Meters meters;

  Facts(
      @ConfigProperty(name = "quarkus.application.version") String version,
      ProcessRunner runner,
      Meters meters) {
    this.version = version;
    this.runner = runner;
    this.meters = meters;
  }

  /** The version of doceph. */
  public String version() {
    return version;
  }

  /** When the daemon started, as the kernel has it: this bean is made when it is first asked. */
  public Instant startedAt() {
    return ProcessHandle.current().info().startInstant().orElse(Instant.EPOCH);
  }

  /** The external commands that run now, as text without secrets. */
  public List<String> runningCommands() {
    return runner.running().stream().map(Object::toString).toList();
  }

  /** The meters as plain numbers. */
  public Map<String, Long> totals() {
    return meters.totals();
  }
}
