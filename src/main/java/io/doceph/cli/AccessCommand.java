package io.doceph.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code doceph access}. */
@Command(
    name = "access",
    description = {
      "Makes a volume one that many hosts read and nobody writes (ro), or one that one host at a time writes (rw), and prints nothing.",
      "",
      "A volume that is in use is refused (exit code 4): 'doceph who' shows by whom."
    },
    footer = {"  doceph access vol1 ro", "  doceph access vol1 rw"})
final class AccessCommand implements Callable<Integer> {
  private final Session session;

  /** What may be done with the data. */
  enum Mode {
    RO,
    RW;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Parameters(index = "0", paramLabel = "NAME", description = "The volume's name.")
  String name = "";

  @Parameters(index = "1", paramLabel = "MODE", description = "One of: ${COMPLETION-CANDIDATES}.")
  @Nullable Mode mode;

  AccessCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode volume =
        session
            .daemon()
            .post(ApiPath.volume(name, "access"), Json.object().put("readOnly", mode == Mode.RO));
    return session.print(volume, "");
  }
}
