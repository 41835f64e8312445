package io.doceph.observe;

import io.doceph.config.DocephConfig;
import io.doceph.host.Tools;
import io.doceph.host.process.ProcessRunner;
import io.doceph.volume.Volume;
import io.doceph.volume.VolumeBackend;
import io.doceph.volume.VolumeService;
import io.doceph.volume.VolumeView;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

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
    if (service.backends().values().stream().anyMatch(VolumeBackend::isBlock)) {
      checks.addAll(new ToolChecks(tools, runner).forBlock(filesystems()));
    }
    checks.addAll(new HostChecks(config, service).all());
    checks.addAll(new DiscoveryChecks(config).all());
    checks.addAll(new LeftoverChecks(config, service).all());
    checks.sort((a, b) -> b.status().compareTo(a.status()));
    return checks;
  }

  /** Those of volumes that are there, and of one that asks for none. */
  private Set<String> filesystems() {
    Set<String> names = new HashSet<>();
    names.add(config.filesystem());
    for (VolumeView view : service.list()) {
      Volume volume = view.volume();
      String name = volume == null ? null : volume.spec().filesystemName();
      if (name != null) {
        names.add(name);
      }
    }
    return names;
  }
}
