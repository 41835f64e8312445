package io.doceph.admin;

import static io.doceph.admin.AdminAnswers.object;
import static io.doceph.admin.AdminAnswers.ok;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.config.DocephConfig;
import io.doceph.observe.Check;
import io.doceph.observe.Doctor;
import io.doceph.observe.Facts;
import io.doceph.volume.VolumeBackend;
import io.doceph.volume.VolumeService;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.common.annotation.NonBlocking;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;

/** What the daemon is and does, and whether all is well: health and meters over the socket. */
@Path("/v1")
public class StatusResource {
  private final DocephConfig config;
  private final VolumeService service;
  private final Facts facts;
  private final Doctor doctor;

  StatusResource(DocephConfig config, VolumeService service, Facts facts, Doctor doctor) {
    this.config = config;
    this.service = service;
    this.facts = facts;
    this.doctor = doctor;
  }

  /** The daemon, its backends, what runs, and the meters. */
  @GET
  @Path("info")
  @NonBlocking
  public Response info() {
    ObjectNode info = object();
    info.put("version", facts.version());
    info.put("pid", ProcessHandle.current().pid());
    info.put("startedAt", facts.startedAt().truncatedTo(ChronoUnit.SECONDS).toString());
    info.put("uptimeSeconds", Duration.between(facts.startedAt(), Instant.now()).toSeconds());
    info.put("socket", config.socket().toString());
    info.put("scope", service.scope(config.backend(), config.scope()));
    ArrayNode backends = info.putArray("backends");
    for (VolumeBackend backend : service.backends().values()) {
      ObjectNode item = backends.addObject();
      item.put("name", backend.name());
      item.put("enabled", true);
      item.put("default", backend.name().equals(config.backend()));
      String problem = service.backendProblem(backend.name()).orElse(null);
      item.put("state", problem == null ? "ok" : "unavailable");
      item.put("detail", problem);
      service
          .refreshTook(backend.name())
          .ifPresent(took -> item.put("refreshMillis", took.toNanos() / 1e6));
    }
    info.put("volumes", service.list().size());
    info.put("mounted", service.mounts().size());
    Map<String, String> cluster = service.administration().facts();
    if (!cluster.isEmpty()) {
      cluster.forEach(info.putObject("cluster")::put);
    }
    ArrayNode operations = info.putArray("operations");
    service
        .running()
        .forEach(
            r ->
                operations
                    .addObject()
                    .put("volume", r.volume().value())
                    .put("operation", r.operation())
                    .put("since", r.since().truncatedTo(ChronoUnit.SECONDS).toString()));
    ArrayNode commands = info.putArray("commands");
    facts.runningCommands().forEach(commands::add);
    ObjectNode metrics = info.putObject("metrics");
    facts.totals().forEach(metrics::put);
    return ok(info);
  }

  /** Every check, worst first. */
  @GET
  @Path("doctor")
  @Blocking
  public Response doctor() {
    return report(doctor.examine(false));
  }

  /** The same after mending what can be mended without losing anything. */
  @POST
  @Path("doctor/repair")
  @Blocking
  public Response repair() {
    return report(doctor.examine(true));
  }

  private static Response report(List<Check> checks) {
    ObjectNode report = object();
    ArrayNode array = report.putArray("checks");
    for (Check check : checks) {
      array
          .addObject()
          .put("name", check.name())
          .put("status", check.status().text())
          .put("detail", check.detail())
          .put("remedy", check.remedy());
    }
    report.put("healthy", checks.stream().noneMatch(c -> c.status() == Check.Status.PROBLEM));
    return ok(report);
  }
}
