package io.doceph.observe;

import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeService;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
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

  private record CommandKey(String program, String outcome) {}

  private record OperationKey(String operation, String outcome) {}

  private static final class Sum {
    final LongAdder count = new LongAdder();
    final LongAdder nanos = new LongAdder();
  }

  private final ConcurrentMap<CommandKey, Sum> commands = new ConcurrentHashMap<>();
  private final ConcurrentMap<OperationKey, LongAdder> operations = new ConcurrentHashMap<>();
  private volatile @Nullable VolumeService service;

  /** The service whose volumes are counted when metrics are asked for. */
  public void watch(VolumeService watched) {
    service = watched;
  }

  /** An external command has ended. */
  public void commandEnded(String program, String outcome, Duration took) {
    Sum sum = commands.computeIfAbsent(new CommandKey(program, outcome), k -> new Sum());
    sum.count.increment();
    sum.nanos.add(took.toNanos());
  }

  /** An operation on a volume has ended. */
  public void operationEnded(String operation, @Nullable Throwable failure) {
    String outcome =
        failure == null ? "ok" : failure instanceof VolumeError e ? e.code().text() : "failed";
    operations
        .computeIfAbsent(new OperationKey(operation, outcome), k -> new LongAdder())
        .increment();
  }

  /** Plain numbers for {@code doceph info}. */
  public Map<String, Long> totals() {
    Map<String, Long> totals = new TreeMap<>();
    operations.forEach(
        (k, n) ->
            totals.merge("operations." + k.operation() + "." + k.outcome(), n.sum(), Long::sum));
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
    operations.forEach((k, n) -> ended.labelValues(k.operation(), k.outcome()).inc(n.sum()));
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
          run.labelValues(k.program(), k.outcome()).inc(s.count.sum());
          seconds.labelValues(k.program(), k.outcome()).inc(s.nanos.sum() / 1e9);
        });
    volumes(registry);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      PrometheusTextFormatWriter.create().write(out, registry.scrape());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  private void volumes(PrometheusRegistry registry) {
    VolumeService watched = service;
    if (watched == null) {
      return;
    }
    GaugeWithCallback.builder()
        .name("doceph_volumes")
        .help("Volumes known to this host.")
        .callback(c -> c.call(watched.count()))
        .register(registry);
    GaugeWithCallback.builder()
        .name("doceph_volumes_mounted")
        .help("Volumes mounted on this host.")
        .callback(c -> c.call(watched.mounts().size()))
        .register(registry);
    GaugeWithCallback.builder()
        .name("doceph_operations_running")
        .help("Operations on volumes that run now.")
        .callback(c -> c.call(watched.running().size()))
        .register(registry);
    GaugeWithCallback.builder()
        .name("doceph_backend_refresh_seconds")
        .help("How long the last listing of a backend took.")
        .unit(Unit.SECONDS)
        .labelNames("backend")
        .callback(
            c ->
                watched
                    .backends()
                    .keySet()
                    .forEach(
                        b -> watched.refreshTook(b).ifPresent(t -> c.call(t.toNanos() / 1e9, b))))
        .register(registry);
    GaugeWithCallback.builder()
        .name("doceph_backend_up")
        .help("Whether a backend answers (1) or not (0).")
        .labelNames("backend")
        .callback(
            c ->
                watched
                    .backends()
                    .keySet()
                    .forEach(b -> c.call(watched.backendProblem(b).isEmpty() ? 1 : 0, b)))
        .register(registry);
  }
}
