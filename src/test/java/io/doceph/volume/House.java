package io.doceph.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.config.ByteSize;
import io.doceph.host.Filesystem;
import io.doceph.host.Filesystems;
import io.doceph.host.Immutable;
import io.doceph.host.Tools;
import io.doceph.host.process.ProcessRunner;
import io.doceph.host.process.RunLimits;
import io.doceph.host.process.RunListener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** A service with in-memory backends in a temporary directory: a daemon without its edges. */
final class House implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration NEVER = Duration.ofDays(1);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Long enough for anything that does not hang, and no round but the first. */
  static final VolumeService.Times CALM =
      new VolumeService.Times(16, PATIENCE, PATIENCE, PATIENCE, NEVER, NEVER, Duration.ZERO);

  /** Operations are given up, and waits for the lock refused, after the given time. */
  static VolumeService.Times hasty(Duration call, Duration lockWait) {
    return new VolumeService.Times(16, call, call, lockWait, NEVER, NEVER, Duration.ZERO);
  }

  /** Looks through the backends all the time. */
  static VolumeService.Times restless() {
    return new VolumeService.Times(
        16, PATIENCE, PATIENCE, PATIENCE, Duration.ofMillis(20), NEVER, Duration.ZERO);
  }

  final Path dir;
  final MemoryBackend.Place place;
  final MemoryBackend memory;
  final MemoryBackend.Place otherPlace;
  final MemoryBackend other;
  String bootId = "boot-1";
  private final List<VolumeService> services = new ArrayList<>();

  House(Path dir) {
    this.dir = dir;
    this.place = new MemoryBackend.Place(made(dir.resolve("data")));
    this.memory = new MemoryBackend("memory", place);
    this.otherPlace = new MemoryBackend.Place(made(dir.resolve("other")));
    this.other = new MemoryBackend("other", otherPlace);
    made(runDir());
    made(stateDir());
  }

  private static Path made(Path dir) {
    try {
      return Files.createDirectories(dir);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Path runDir() {
    return dir.resolve("run");
  }

  Path stateDir() {
    return dir.resolve("state");
  }

  /** A started service that has looked through its backends once. */
  VolumeService start(VolumeService.Times times) {
    int first = memory.calls("attached");
    int second = other.calls("attached");
    VolumeService service = startWithoutWaiting(times);
    // The last act of a first round.
    await(() -> memory.calls("attached") > first && other.calls("attached") > second);
    return service;
  }

  VolumeService start() {
    return start(CALM);
  }

  VolumeService startWithoutWaiting(VolumeService.Times times) {
    Tools tools = new Tools(Map.of());
    ProcessRunner runner = new ProcessRunner(RunLimits.defaults(), RunListener.NONE);
    VolumeService service =
        new VolumeService(
            new Machine(
                new Filesystems(tools, runner),
                new Immutable(tools, runner),
                dir.resolve("mounts"),
                runDir(),
                stateDir(),
                bootId,
                "host-1"),
            List.of(memory, other),
            backends ->
                new SpecParser(backends, "memory", new ByteSize(ByteSize.GIB), Filesystem.XFS),
            times,
            CutPoints.NONE,
            (kind, failure, took) -> {});
    services.add(service);
    service.start(null);
    return service;
  }

  /** The daemon ends and another one starts. */
  VolumeService restart() {
    services.forEach(VolumeService::close);
    services.clear();
    return start();
  }

  /** Waits for what must come to pass, with a generous bound. */
  static void await(BooleanSupplier condition) {
    assertTimeoutPreemptively(
        PATIENCE,
        () -> {
          while (!condition.getAsBoolean()) {
            Thread.sleep(2);
          }
        });
  }

  /** The value of an operation that succeeds. */
  static <T> T done(CompletableFuture<T> future) {
    return future.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
  }

  /** The failure of an operation. */
  static VolumeError failure(CompletableFuture<?> future) {
    Throwable thrown = catchThrowable(() -> done(future));
    Throwable cause = thrown instanceof CompletionException e ? e.getCause() : thrown;
    assertThat(cause).isInstanceOf(VolumeError.class);
    return Objects.requireNonNull((VolumeError) cause);
  }

  /** Asserts that an operation fails with a code and a sentence. */
  static void refused(CompletableFuture<?> future, VolumeError.Code code, String sentence) {
    VolumeError error = failure(future);
    assertThat(error).hasMessage(sentence);
    assertThat(error.code()).isEqualTo(code);
  }

  /** JSON with single quotes. */
  static ObjectNode json(String text) {
    try {
      return (ObjectNode) JSON.readTree(text.replace('\'', '"'));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static VolumeName name(String name) {
    return new VolumeName(name);
  }

  @Override
  public void close() {
    memory.heal();
    other.heal();
    services.forEach(VolumeService::close);
  }
}
