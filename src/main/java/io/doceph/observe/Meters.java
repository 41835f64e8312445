package io.doceph.observe;

import io.doceph.host.process.ProcessRunner;
import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeService;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What is counted. Counting is cheap and always on; the Prometheus library is only touched when
 * somebody asks for the metrics, so that it costs the start nothing.
 */
public final class Meters {
  /** The media type of {@link #text}. */
  public static final String CONTENT_TYPE = PrometheusTextFormatWriter.CONTENT_TYPE;

  /** Operations, outcomes of these, and outcomes of programs, that alerts look for. */
  private static final List<String> OPERATIONS =
      List.of("create", "mount", "unmount", "remove", "grow");

  private static final List<String> FAILURES = List.of("failed", "timeout", "unavailable");
  private static final List<String> LATE = List.of("timeout", "too_many");

  private record CommandKey(String program, String outcome) {}

  private record OperationKey(String operation, String outcome) {}

  private static final class Sum {
    final LongAdder count = new LongAdder();
    final LongAdder nanos = new LongAdder();

    void add(Duration took) {
      count.increment();
      nanos.add(took.toNanos());
    }

    double seconds() {
      return nanos.sum() / 1e9;
    }
  }

  private final ConcurrentMap<CommandKey, Sum> commands = new ConcurrentHashMap<>();
  private final ConcurrentMap<OperationKey, Sum> operations = new ConcurrentHashMap<>();
  private final String version;
  private volatile @Nullable Gauges gauges;

  /** Nothing is counted yet; {@code version} is this executable's. */
  public Meters(String version) {
    this.version = version;
  }

  /** What is looked at when metrics are asked for. */
  public void watch(VolumeService service, ProcessRunner runner) {
    gauges = new Gauges(service, runner);
  }

  /** An external command has ended. */
  public void commandEnded(String program, String outcome, Duration took) {
    commands.computeIfAbsent(new CommandKey(program, outcome), k -> new Sum()).add(took);
  }

  /** An operation on a volume has ended. */
  public void operationEnded(String operation, @Nullable Throwable failure, Duration took) {
    String outcome =
        failure == null ? "ok" : failure instanceof VolumeError e ? e.code().text() : "failed";
    operations.computeIfAbsent(new OperationKey(operation, outcome), k -> new Sum()).add(took);
  }

  /** Plain numbers for {@code doceph info}. */
  public Map<String, Long> totals() {
    Map<String, Long> totals = new TreeMap<>();
    operations.forEach(
        (k, s) ->
            totals.merge(
                "operations." + k.operation() + "." + k.outcome(), s.count.sum(), Long::sum));
    commands.forEach(
        (k, s) ->
            totals.merge("commands." + k.program() + "." + k.outcome(), s.count.sum(), Long::sum));
    return totals;
  }

  /** The metrics in Prometheus' text form. */
  public byte[] text() {
    PrometheusRegistry registry = new PrometheusRegistry();
    Counter ended =
        Counter.builder()
            .name("doceph_operations")
            .help("Operations on volumes that have ended, by outcome.")
            .labelNames("operation", "outcome")
            .register(registry);
    Counter took =
        Counter.builder()
            .name("doceph_operation_duration_seconds")
            .help("Time that operations on volumes took, waiting for the volume's lock included.")
            .unit(Unit.SECONDS)
            .labelNames("operation", "outcome")
            .register(registry);
    // A series that begins with a count has no increase that an alert could see.
    for (String operation : OPERATIONS) {
      FAILURES.forEach(outcome -> ended.initLabelValues(operation, outcome));
    }
    operations.forEach(
        (k, s) -> {
          ended.labelValues(k.operation(), k.outcome()).inc(s.count.sum());
          took.labelValues(k.operation(), k.outcome()).inc(s.seconds());
        });
    Counter run =
        Counter.builder()
            .name("doceph_commands")
            .help("External commands that have ended, by outcome.")
            .labelNames("program", "outcome")
            .register(registry);
    Counter seconds =
        Counter.builder()
            .name("doceph_command_duration_seconds")
            .help("Time spent in external commands.")
            .unit(Unit.SECONDS)
            .labelNames("program", "outcome")
            .register(registry);
    commands.forEach(
        (k, s) -> {
          LATE.forEach(outcome -> run.initLabelValues(k.program(), outcome));
          run.labelValues(k.program(), k.outcome()).inc(s.count.sum());
          seconds.labelValues(k.program(), k.outcome()).inc(s.seconds());
        });
    Info.builder()
        .name("doceph_build") // the library adds _info
        .help("The version that runs.")
        .labelNames("version")
        .register(registry)
        .setLabelValues(version);
    SelfGauges.register(registry);
    Gauges watched = gauges;
    if (watched != null) {
      watched.register(registry);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      PrometheusTextFormatWriter.create().write(out, registry.scrape());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }
}
