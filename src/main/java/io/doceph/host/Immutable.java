package io.doceph.host;

import io.doceph.host.process.*;
import java.nio.file.Path;

public final class Immutable {
  private final Tools t;
  private final ProcessRunner r;

  public Immutable(Tools t, ProcessRunner r) {
    this.t = t;
    this.r = r;
  }

  public boolean set(Path p, boolean on, Deadline d) {
    try {
      r.run(
          Command.of(t.require("chattr"), CommandClass.LOCAL)
              .deadline(d)
              .arg(on ? "+i" : "-i", p.toString()));
      return true;
    } catch (CommandFailure e) {
      return false;
    }
  }
}
