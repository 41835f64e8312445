package io.doceph.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.doceph.host.Tools;
import io.doceph.host.process.ProcessRunner;
import io.doceph.host.process.RunLimits;
import io.doceph.host.process.RunListener;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ToolChecksTest {
  private final ProcessRunner runner = new ProcessRunner(RunLimits.defaults(), RunListener.NONE);

  @Test
  void aToolThatIsSetToNothingIsAProblemWhoeverNeedsIt(@TempDir Path dir) {
    Tools tools = new Tools(Map.of("btrfs", dir.resolve("gone")));

    Check check = check(tools, "btrfs", Set.of("xfs"));

    assertThat(check.status()).isEqualTo(Check.Status.PROBLEM);
    assertThat(check.detail()).contains("doceph.tools.btrfs is set to");
  }

  @Test
  void aToolOfAFilesystemIsMissedOnlyWhereThatIsUsed() {
    Tools tools = new Tools(Map.of());
    boolean installed = tools.find("mkfs.btrfs").isPresent();

    assertThat(check(tools, "mkfs.btrfs", Set.of("xfs", "ext4")).status())
        .isEqualTo(Check.Status.OK);
    assertThat(check(tools, "mkfs.btrfs", Set.of("btrfs")).status())
        .isEqualTo(installed ? Check.Status.OK : Check.Status.PROBLEM);
  }

  private Check check(Tools tools, String tool, Set<String> filesystems) {
    return new ToolChecks(tools, runner)
        .forBlock(filesystems).stream()
            .filter(c -> c.name().equals("tool " + tool))
            .findFirst()
            .orElseThrow();
  }
}
