package io.doceph.observe;

import io.doceph.config.DocephConfig;
import io.doceph.host.Tools;
import io.doceph.host.process.ProcessRunner;
import io.doceph.volume.VolumeService;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;

/**
 * Looks at everything that doceph depends on and leaves behind, and says how to mend what is wrong.
 */
@ApplicationScoped
public class Doctor {
  private final DocephConfig config;
  private final VolumeService service;
  private final Tools tools;
  private final ProcessRunner runner;

  Doctor(DocephConfig config, VolumeService service, Tools tools, ProcessRunner runner) {
    this.config = config;
    this.service = service;
    this.tools = tools;
    this.runner = runner;
  }

  /**
   * All checks, worst first; runs programs and may take some seconds.
   *
   * @param repair whether to mend what can be mended without losing anything
   */
  public List<Check> examine(boolean repair) {
    // First: what it mends the others are to find mended.
    List<Check> checks = new ArrayList<>(new ClusterChecks(service).all(repair));
    checks.addAll(new ToolChecks(tools, runner, service).all());
    checks.addAll(new HostChecks(config, service).all());
    checks.addAll(new DiscoveryChecks(config).all());
    checks.addAll(new LeftoverChecks(config, service).all());
    checks.sort((a, b) -> b.status().compareTo(a.status()));
    return checks;
  }
}
