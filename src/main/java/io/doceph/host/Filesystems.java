package io.doceph.host;

import io.doceph.host.process.*;
import java.nio.file.Path;
import java.util.*;

public final class Filesystems {
  private final Tools t;
  private final ProcessRunner r;

  public Filesystems(Tools t, ProcessRunner r) {
    this.t = t;
    this.r = r;
  }

  public Optional<String> probe(Path d, Deadline dl) {
    CommandResult x =
        r.run(
            Command.of(t.require("blkid"), CommandClass.LOCAL)
                .arg("-p", "-o", "export", d.toString())
                .acceptExit(2)
                .deadline(dl));
    return x.exitCode() == 2 ? Optional.empty() : Optional.of(x.text());
  }

  public void make(Path d, Filesystem f, List<String> e, Deadline dl) {
    Command c = Command.of(t.require("mkfs." + f.wireName()), CommandClass.FORMAT).deadline(dl);
    c =
        switch (f) {
          case XFS -> c.arg("-K", "-q");
          case EXT4 -> c.arg("-q", "-m0", "-E", "nodiscard,lazy_itable_init=1,lazy_journal_init=1");
          case BTRFS -> c.arg("-q", "--nodiscard");
        };
    r.run(c.args(e).arg(d.toString()));
  }

  public void mount(Path s, Filesystem f, Path m, List<String> o, Deadline dl) {
    Command c =
        Command.of(t.require("mount"), CommandClass.LOCAL).deadline(dl).arg("-t", f.wireName());
    if (!o.isEmpty()) c = c.arg("-o", String.join(",", o));
    r.run(c.arg("--", s.toString(), m.toString()));
  }

  public void unmount(Path m, Deadline dl) {
    r.run(Command.of(t.require("umount"), CommandClass.LOCAL).deadline(dl).arg("--", m.toString()));
  }

  public void grow(Filesystem f, Path d, Path m, Deadline dl) {
    Command c =
        switch (f) {
          case XFS -> Command.of(t.require("xfs_growfs"), CommandClass.LOCAL).arg(m.toString());
          case EXT4 -> Command.of(t.require("resize2fs"), CommandClass.FORMAT).arg(d.toString());
          case BTRFS ->
              Command.of(t.require("btrfs"), CommandClass.LOCAL)
                  .arg("filesystem", "resize", "max", m.toString());
        };
    r.run(c.deadline(dl));
  }

  public void check(Filesystem f, Path d, Deadline dl) {
    if (f == Filesystem.EXT4)
      r.run(
          Command.of(t.require("e2fsck"), CommandClass.FORMAT)
              .arg("-f", "-p", d.toString())
              .acceptExit(1)
              .deadline(dl));
  }
}
