package io.doceph.observe;

import io.doceph.host.process.ProcessRunner;
import io.doceph.host.process.RunningCommand;
import io.doceph.volume.RunningOperation;
import io.doceph.volume.VolumeService;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.function.DoubleSupplier;

/**
 * What is so at the moment of asking. All of it is in memory: metrics are answered while a disk or
 * a cluster hangs.
 */
final class Gauges {
  private final VolumeService service;
  private final ProcessRunner runner;

  Gauges(VolumeService service, ProcessRunner runner) {
    this.service = service;
    this.runner = runner;
  }

  void register(PrometheusRegistry registry) {
    volumes(registry);
    backends(registry);
    work(registry);
  }

  private void volumes(PrometheusRegistry registry) {
    gauge(registry, "doceph_volumes", "Volumes known to this host.", service::count);
    gauge(
        registry,
        "doceph_volumes_mounted",
        "Volumes mounted on this host.",
        () -> service.mounts().size());
    gauge(
        registry,
        "doceph_volumes_damaged",
        "Volumes whose description cannot be read.",
        service::damaged);
    gauge(
        registry,
        "doceph_volumes_unfinished",
        "Volumes that are being made or removed, here or on another host.",
        () -> service.unfinished().size());
    gauge(
        registry,
        "doceph_volumes_cut_off",
        "Volumes mounted here that another host has taken over.",
        service::cutOff);
    gauge(
        registry,
        "doceph_mounts_left_over",
        "Mounts that nobody holds and that could not be unmounted.",
        service::leftOver);
    gauge(
        registry,
        "doceph_mounts_refused",
        "Whether block volumes are not mounted (1), because Docker would not see the mounts.",
        () -> service.mountRefusal().isPresent() ? 1 : 0);
  }

  private void backends(PrometheusRegistry registry) {
    GaugeWithCallback.builder()
        .name("doceph_backend_refresh_seconds")
        .help("How long the last listing of a backend took.")
        .unit(Unit.SECONDS)
        .labelNames("backend")
        .callback(
            c ->
                service
                    .backends()
                    .keySet()
                    .forEach(
                        b -> service.refreshTook(b).ifPresent(t -> c.call(t.toNanos() / 1e9, b))))
        .register(registry);
    GaugeWithCallback.builder()
        .name("doceph_backend_up")
        .help("Whether a backend answers (1) or not (0).")
        .labelNames("backend")
        .callback(
            c ->
                service
                    .backends()
                    .keySet()
                    .forEach(b -> c.call(service.backendProblem(b).isEmpty() ? 1 : 0, b)))
        .register(registry);
  }

  private void work(PrometheusRegistry registry) {
    gauge(
        registry,
        "doceph_operations_running",
        "Operations on volumes that run now.",
        () -> service.running().size());
    gauge(
        registry,
        "doceph_operations_oldest_seconds",
        "How long the oldest operation on a volume has been running; 0 when none runs.",
        () ->
            service.running().stream()
                .map(RunningOperation::since)
                .min(Comparator.naturalOrder())
                .map(since -> Duration.between(since, Instant.now()).toMillis() / 1e3)
                .orElse(0.0));
    gauge(
        registry,
        "doceph_commands_running",
        "External commands that run now, stuck ones included.",
        () -> runner.running().size());
    gauge(
        registry,
        "doceph_commands_stuck",
        "External commands that were killed and hang in the kernel; their volumes stay locked.",
        () -> runner.running().stream().filter(RunningCommand::stuck).count());
  }

  private static void gauge(
      PrometheusRegistry registry, String name, String help, DoubleSupplier value) {
    GaugeWithCallback.builder()
        .name(name)
        .help(help)
        .callback(c -> c.call(value.getAsDouble()))
        .register(registry);
  }
}
