package io.doceph.observe;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.volume.VolumeService;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;

/**
 * Health as MicroProfile Health writes it: {@code {"status": "UP", "checks": […]}}. A backend that
 * does not answer makes doceph not ready; doceph itself goes on.
 */
@ApplicationScoped
public class Health {
  private final VolumeService service;

  Health(VolumeService service) {
    this.service = service;
  }

  /** Whether every backend answers and volumes can be mounted. */
  public boolean isReady() {
    return service.mountRefusal().isEmpty()
        && service.backends().keySet().stream().allMatch(b -> service.backendProblem(b).isEmpty());
  }

  /** The whole report. */
  public String json() {
    ObjectNode report = JsonNodeFactory.instance.objectNode();
    report.put("status", isReady() ? "UP" : "DOWN");
    ArrayNode checks = report.putArray("checks");
    service
        .backends()
        .keySet()
        .forEach(b -> add(checks, "backend " + b, service.backendProblem(b)));
    add(checks, "mounts reach Docker", service.mountRefusal());
    return report.toString();
  }

  private static void add(ArrayNode checks, String name, Optional<String> problem) {
    ObjectNode check = checks.addObject();
    check.put("name", name);
    check.put("status", problem.isEmpty() ? "UP" : "DOWN");
    problem.ifPresent(p -> check.putObject("data").put("problem", p));
  }
}
