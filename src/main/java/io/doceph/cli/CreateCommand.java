package io.doceph.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code doceph create}. */
@Command(
    name = "create",
    description = {
      "Creates a volume and prints its name.",
      "",
      "Creating a volume again with options that agree with it succeeds and changes nothing; with others it is refused (exit code 4). "
          + "Names: a letter or a digit, then up to 127 letters, digits, '_', '.' and '-'."
    },
    footer = {
      "  doceph create vol1 --size 10G --backend loop",
      "  doceph create --size 500M --fs ext4",
      "  doceph create db1 --size 20G --backend rbd -o pool=volumes -o auth_user=docker",
      "  doceph create shared --backend vfs -o mode=0770 -o gid=1000"
    })
final class CreateCommand implements Callable<Integer> {
  private final Session session;

  @Parameters(
      arity = "0..1",
      paramLabel = "NAME",
      description = "The volume's name. Without it a random one is made up.")
  @Nullable String name;

  @Option(
      names = "--size",
      paramLabel = "SIZE",
      description = "Its size: 10G, 500M, 1.5TiB; a bare number is GiB. Default: the daemon's.")
  @Nullable String size;

  @Option(
      names = {"--backend", "--driver"},
      paramLabel = "NAME",
      description = "Where it is kept; 'doceph info' lists the backends. Default: the daemon's.")
  @Nullable String backend;

  @Option(
      names = "--fs",
      paramLabel = "TYPE",
      description = "Its filesystem: xfs, ext4 or btrfs. Default: the daemon's.")
  @Nullable String filesystem;

  @Option(
      names = {"-o", "--opt"},
      paramLabel = "KEY=VALUE",
      description = "Any volume option, as of 'docker volume create -o'; repeat it for more.")
  List<String> options = List.of();

  CreateCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    ObjectNode opts = Json.object();
    put(opts, "size", size);
    put(opts, "backend", backend);
    put(opts, "fs", filesystem);
    for (String option : options) {
      int equals = option.indexOf('=');
      if (equals <= 0) {
        throw new CliFailure(
            ErrorCode.INVALID_REQUEST,
            "option '" + option + "' is not of the form KEY=VALUE, as in -o mode=0770");
      }
      put(opts, option.substring(0, equals), option.substring(equals + 1));
    }
    String given = name;
    ObjectNode request =
        Json.object().put("name", given == null ? UUID.randomUUID().toString() : given);
    request.set("opts", opts);
    JsonNode volume = session.daemon().post(ApiPath.VOLUMES, request);
    return session.print(volume, Printable.of(request.path("name").asText()) + "\n");
  }

  private static void put(ObjectNode opts, String key, @Nullable String value) {
    if (value == null) {
      return;
    }
    if (opts.has(key)) {
      throw new CliFailure(
          ErrorCode.INVALID_REQUEST, "option '" + key + "' is given twice; give it once");
    }
    opts.put(key, value);
  }
}
