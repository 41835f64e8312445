package io.doceph.volume;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One mounted volume on this host.
 *
 * @param volume its name
 * @param backend its backend
 * @param mountpoint the path that Docker is given
 * @param device the block device, or null for a directory
 * @param majorMinor the device's number as in mountinfo, or null for a directory
 * @param since when it was mounted
 * @param holders who holds it, by mount ID, in the order of their coming
 */
public record MountRecord(
    VolumeName volume,
    String backend,
    Path mountpoint,
    @Nullable Path device,
    @Nullable String majorMinor,
    Instant since,
    Map<String, Holder> holders) {
  private static final Pattern DOCKERS_ID = Pattern.compile("[0-9a-f]{64}");

  public MountRecord {
    holders = Collections.unmodifiableMap(new LinkedHashMap<>(holders));
  }

  /** Adds a reference, by the rules for IDs that come back. */
  MountRecord acquire(String id, long epoch) {
    Map<String, Holder> next = new LinkedHashMap<>(holders);
    Holder known = next.get(id);
    // The same ID in a new life of dockerd, or after a failed Unmount, replaces; so does the
    // ID-less
    // mount of the first doceph's users.
    boolean adds = known != null && known.epoch() == epoch && !known.released() && !id.isEmpty();
    next.put(
        id,
        adds && known != null
            ? new Holder(known.count() + 1, epoch, known.since(), false)
            : new Holder(1, epoch, known == null ? Instant.now() : known.since(), false));
    return heldBy(next);
  }

  /** Gives one reference back; the same record when the ID holds nothing. */
  MountRecord release(String id) {
    Holder known = holders.get(id);
    if (known == null) {
      return this;
    }
    Map<String, Holder> next = new LinkedHashMap<>(holders);
    if (known.count() > 1) {
      next.put(id, new Holder(known.count() - 1, known.epoch(), known.since(), false));
    } else {
      next.remove(id);
    }
    return heldBy(next);
  }

  /** Marks a reference whose Unmount was asked for and could not be done. */
  MountRecord markReleased(String id) {
    Holder known = holders.get(id);
    if (known == null) {
      return this;
    }
    Map<String, Holder> next = new LinkedHashMap<>(holders);
    next.put(id, new Holder(1, known.epoch(), known.since(), true));
    return heldBy(next);
  }

  /** Whether nobody of the present dockerd holds it. */
  boolean isHeldByTheDeadOnly(long epoch) {
    return holders.entrySet().stream()
        .allMatch(
            e ->
                e.getValue().released() || (e.getValue().epoch() < epoch && isDockers(e.getKey())));
  }

  // What a person has mounted by hand does not end with a dockerd.
  private static boolean isDockers(String id) {
    return id.isEmpty() || DOCKERS_ID.matcher(id).matches();
  }

  /** The same mount with other holders: those of a mount that it replaces. */
  MountRecord heldBy(Map<String, Holder> next) {
    return new MountRecord(volume, backend, mountpoint, device, majorMinor, since, next);
  }

  ObjectNode toJson(String bootId) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("bootId", bootId);
    json.put("volume", volume.value());
    json.put("backend", backend);
    json.put("mountpoint", mountpoint.toString());
    json.put("device", device == null ? null : device.toString());
    json.put("majorMinor", majorMinor);
    json.put("since", since.toString());
    ObjectNode all = json.putObject("holders");
    holders.forEach(
        (id, h) ->
            all.putObject(id)
                .put("count", h.count())
                .put("epoch", h.epoch())
                .put("since", h.since().toString())
                .put("released", h.released()));
    return json;
  }

  static MountRecord fromJson(JsonNode json) {
    Map<String, Holder> holders = new LinkedHashMap<>();
    json.path("holders")
        .properties()
        .forEach(
            e ->
                holders.put(
                    e.getKey(),
                    new Holder(
                        e.getValue().path("count").asInt(),
                        e.getValue().path("epoch").asLong(),
                        Instant.parse(e.getValue().path("since").asText()),
                        e.getValue().path("released").asBoolean())));
    JsonNode device = json.path("device");
    JsonNode number = json.path("majorMinor");
    return new MountRecord(
        new VolumeName(json.path("volume").asText()),
        json.path("backend").asText(),
        Path.of(json.path("mountpoint").asText()),
        device.isTextual() ? Path.of(device.asText()) : null,
        number.isTextual() ? number.asText() : null,
        Instant.parse(json.path("since").asText()),
        holders);
  }
}
