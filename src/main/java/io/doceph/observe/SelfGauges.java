package io.doceph.observe;

import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.stream.Stream;

/** What Prometheus' own clients tell of their process, by the names that all of them use. */
final class SelfGauges {
  private SelfGauges() {}

  static void register(PrometheusRegistry registry) {
    GaugeWithCallback.builder()
        .name("process_resident_memory_bytes")
        .help("Resident memory size in bytes.")
        .unit(Unit.BYTES)
        .callback(c -> c.call(residentBytes()))
        .register(registry);
    GaugeWithCallback.builder()
        .name("process_open_fds")
        .help("Number of open file descriptors.")
        .callback(c -> c.call(openFiles()))
        .register(registry);
    GaugeWithCallback.builder()
        .name("process_start_time_seconds")
        .help("Start time of the process since unix epoch in seconds.")
        .unit(Unit.SECONDS)
        .callback(
            c ->
                ProcessHandle.current()
                    .info()
                    .startInstant()
                    .map(Instant::toEpochMilli)
                    .ifPresent(ms -> c.call(ms / 1e3)))
        .register(registry);
  }

  private static double residentBytes() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
      return lines
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")) * 1024)
          .sum();
    } catch (IOException | UncheckedIOException e) {
      return Double.NaN; // when no descriptor is free: the other figures are wanted then
    }
  }

  private static double openFiles() {
    try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
      return files.count();
    } catch (IOException | UncheckedIOException e) {
      return Double.NaN; // when no descriptor is free: the other figures are wanted then
    }
  }
}
