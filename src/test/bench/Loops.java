import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Mount and Unmount of a loop volume, by turns with the bare commands on another such file. */
final class Loops {
  private final Daemon daemon;
  private final Client client;
  private final int rounds;

  private Loops(Daemon daemon, int rounds) {
    this.daemon = daemon;
    this.client = daemon.client();
    this.rounds = rounds;
  }

  static void print(Daemon daemon, boolean quick) {
    Report.head("loop: Mount and Unmount, by turns with losetup, mount, umount, losetup -d");
    String missing = missing();
    if (missing != null) {
      Report.skipped("Mount + Unmount", missing);
      return;
    }
    Loops loops = new Loops(daemon, quick ? 15 : 60);
    for (String filesystem : new String[] {"ext4", "xfs"}) {
      try {
        loops.compare(filesystem);
      } catch (IOException e) {
        Report.skipped(filesystem + ": Mount + Unmount", e.getMessage());
      }
    }
  }

  /** Why loop devices cannot be used here, or null when they can. */
  static String missing() {
    if (!"root".equals(System.getProperty("user.name"))) {
      return "needs root";
    }
    return Files.exists(Path.of("/dev/loop-control")) ? null : "there is no /dev/loop-control";
  }

  private void compare(String filesystem) throws IOException {
    String volume = "loop-" + filesystem;
    String bare = volume + "-bare";
    try {
      create(volume, filesystem);
      create(bare, filesystem);
      // Where doceph does not take it for a left-over of its own and detach it.
      Path file = daemon.scratch().resolve(bare + ".img");
      Files.createLink(file, daemon.scratch().resolve("loop").resolve(bare + ".img"));
      compare(filesystem, volume, file);
    } finally {
      // Their mountpoints are immutable: nobody but doceph can remove them.
      remove(volume);
      remove(bare);
    }
  }

  private void compare(String filesystem, String volume, Path file) throws IOException {
    String request = "{\"Name\":\"" + volume + "\",\"ID\":\"bench\"}";
    double[] ours = new double[rounds];
    double[] theirs = new double[rounds];
    double[] ratios = new double[rounds];
    try (Floor.BareLoop commands =
        new Floor.BareLoop(file, filesystem, daemon.scratch().resolve("bare"))) {
      for (int i = -3; i < rounds; i++) {
        long began = System.nanoTime();
        client.call("VolumeDriver.Mount", request);
        client.call("VolumeDriver.Unmount", request);
        long between = System.nanoTime();
        commands.run();
        long ended = System.nanoTime();
        if (i >= 0) {
          ours[i] = (between - began) / 1e6;
          theirs[i] = (ended - between) / 1e6;
          ratios[i] = ours[i] / theirs[i];
        }
      }
    }
    Report.figure(
        filesystem + ": Mount + Unmount (median of " + rounds + ")",
        Report.number(Samples.ofMillis(ours).median()) + " ms",
        "the bare commands: " + Report.number(Samples.ofMillis(theirs).median()) + " ms");
    Report.figure(
        filesystem + ": ratio of the medians",
        Samples.ofMillis(ours).median() / Samples.ofMillis(theirs).median(),
        1.15,
        "",
        "median of the rounds' ratios: " + Report.number(Samples.ofMillis(ratios).median()));
  }

  private void create(String name, String filesystem) throws IOException {
    client.call(
        "VolumeDriver.Create",
        "{\"Name\":\"%s\",\"Opts\":{\"backend\":\"loop\",\"fs\":\"%s\",\"size\":\"%s\"}}"
            .formatted(name, filesystem, filesystem.equals("xfs") ? "300M" : "64M"));
  }

  private void remove(String name) throws IOException {
    client.call("VolumeDriver.Remove", "{\"Name\":\"" + name + "\"}");
  }
}
