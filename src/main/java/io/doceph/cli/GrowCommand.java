package io.doceph.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code doceph grow}. */
@Command(
    name = "grow",
    description = {
      "Makes a volume and its filesystem larger, mounted or not, and prints the new size.",
      "",
      "A volume never shrinks."
    },
    footer = {"  doceph grow vol1 --size 20G", "  doceph grow vol1 20G"})
final class GrowCommand implements Callable<Integer> {
  private final Session session;

  @Parameters(index = "0", paramLabel = "NAME", description = "The volume's name.")
  String name = "";

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "SIZE",
      description = "Another place for the new size.")
  @Nullable String sizeParameter;

  @Option(
      names = "--size",
      paramLabel = "SIZE",
      description = "The new size in all, not what to add: 20G, 1.5TiB; a bare number is GiB.")
  @Nullable String sizeOption;

  GrowCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    String size = sizeOption;
    if (size == null) {
      size = sizeParameter;
    } else if (sizeParameter != null) {
      throw new CliFailure(
          ErrorCode.INVALID_REQUEST,
          "the new size is given twice; give it once, as in 'doceph grow vol1 --size 20G'");
    }
    if (size == null) {
      throw new CliFailure(
          ErrorCode.INVALID_REQUEST,
          "the new size is missing; give it as in 'doceph grow vol1 --size 20G'");
    }
    JsonNode volume =
        session.daemon().post(ApiPath.volume(name, "grow"), Json.object().put("size", size));
    return session.print(volume, Json.size(volume, "sizeBytes") + "\n");
  }
}
