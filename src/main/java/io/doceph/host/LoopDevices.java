package io.doceph.host;

import io.doceph.host.process.*;
import java.io.*;
import java.nio.file.*;
import java.util.*;

public final class LoopDevices {
  public record Loop(Path device, Path backingFile, boolean deleted) {}

  private final Tools t;
  private final ProcessRunner r;

  public LoopDevices(Tools t, ProcessRunner r) {
    this.t = t;
    this.r = r;
  }

  public List<Loop> list() {
    List<Loop> l = new ArrayList<>();
    try (var s = Files.newDirectoryStream(Path.of("/sys/block"), "loop*")) {
      for (Path p : s) {
        Path b = p.resolve("loop/backing_file");
        if (!Files.exists(b)) continue;
        String x = Files.readString(b).strip();
        l.add(new Loop(Path.of("/dev", p.getFileName().toString()), Path.of(x), false));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return l;
  }

  public Optional<Path> find(Path f) {
    return list().stream().filter(l -> l.backingFile().equals(f)).map(Loop::device).findFirst();
  }

  public Path attach(Path f, Deadline d) {
    return Path.of(
        r.run(
                Command.of(t.require("losetup"), CommandClass.LOCAL)
                    .deadline(d)
                    .arg("--find", "--show", "--nooverlap", "--direct-io=on", "--", f.toString()))
            .text()
            .strip());
  }

  public void detach(Path dev, Deadline d) {
    if (Files.exists(Path.of("/sys/block", dev.getFileName().toString(), "loop/backing_file")))
      r.run(
          Command.of(t.require("losetup"), CommandClass.LOCAL)
              .deadline(d)
              .arg("-d", dev.toString()));
  }

  public void refreshSize(Path dev, Deadline d) {
    r.run(
        Command.of(t.require("losetup"), CommandClass.LOCAL).deadline(d).arg("-c", dev.toString()));
  }
}
