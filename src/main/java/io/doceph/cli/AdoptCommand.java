package io.doceph.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code doceph adopt}. */
@Command(
    name = "adopt",
    description = {
      "Makes an RBD image that doceph did not create a volume of the image's name, and prints the name. The image's data is not touched.",
      "",
      "An image whose name is no volume name is to be renamed first (rbd rename)."
    },
    footer = {
      "  doceph adopt volumes/db1",
      "  doceph adopt volumes/team1/db1 --fs ext4 --user docker --protected"
    })
final class AdoptCommand implements Callable<Integer> {
  private final Session session;

  @Parameters(paramLabel = "IMAGE", description = "The image, as POOL/NAME or POOL/NAMESPACE/NAME.")
  String image = "";

  @Option(
      names = "--fs",
      paramLabel = "TYPE",
      description = "Its filesystem: xfs, ext4 or btrfs. Default: what is found on it.")
  @Nullable String filesystem;

  @Option(
      names = "--mount",
      paramLabel = "OPTIONS",
      description = "Options to mount it with, as in noatime,nodiratime.")
  @Nullable String mount;

  @Option(
      names = "--user",
      paramLabel = "USER",
      description = "The Ceph user, without 'client.'. Default: the daemon's.")
  @Nullable String user;

  @Option(names = "--protected", description = "Protect it from removal, as 'doceph protect'.")
  boolean protect;

  AdoptCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    ObjectNode opts = Json.object();
    if (filesystem != null) {
      opts.put("fs", filesystem);
    }
    if (mount != null) {
      opts.put("mount", mount);
    }
    if (user != null) {
      opts.put("auth_user", user);
    }
    if (protect) {
      opts.put("protected", true);
    }
    ObjectNode request = Json.object().put("image", image);
    request.set("opts", opts);
    JsonNode volume = session.daemon().post(ApiPath.ADOPT, request);
    return session.print(volume, Printable.of(Json.text(volume, "name")) + "\n");
  }
}
