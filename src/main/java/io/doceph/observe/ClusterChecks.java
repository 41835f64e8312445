package io.doceph.observe;

import io.doceph.volume.Finding;
import io.doceph.volume.VolumeError;
import io.doceph.volume.VolumeService;
import java.util.List;

/** What the backend of a cluster finds out about the cluster and about what it keeps there. */
final class ClusterChecks {
  private final VolumeService service;

  ClusterChecks(VolumeService service) {
    this.service = service;
  }

  List<Check> all(boolean repair) {
    try {
      return service.administration().examine(repair).stream().map(ClusterChecks::of).toList();
    } catch (VolumeError e) {
      // The report tells all the rest, and is wanted most when something fails.
      return List.of(
          Check.problem(
              "cluster", String.valueOf(e.getMessage()), "mend that, then run doctor again"));
    }
  }

  static Check of(Finding finding) {
    Check.Status status =
        switch (finding.level()) {
          case OK -> Check.Status.OK;
          case WARNING -> Check.Status.WARNING;
          case PROBLEM -> Check.Status.PROBLEM;
        };
    return new Check(finding.name(), status, finding.detail(), finding.remedy());
  }
}
