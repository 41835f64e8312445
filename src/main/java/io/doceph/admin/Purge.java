package io.doceph.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.volume.Administration;
import io.doceph.volume.Trashed;
import io.doceph.volume.VolumeError;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** Deletes removed volumes for good: one, those that have expired, or all. */
final class Purge {
  private final Administration administration;

  Purge(Administration administration) {
    this.administration = administration;
  }

  /**
   * Does what is asked: {@code {"which": …}}, {@code {"expired": true}} or {@code {"all": true}}.
   * One that fails stops no other.
   */
  ObjectNode run(ObjectNode request) {
    List<Trashed> chosen = chosen(request);
    ObjectNode answer = AdminAnswers.object();
    ArrayNode purged = answer.putArray("purged");
    VolumeError first = null;
    for (Trashed trashed : chosen) {
      VolumeError failure = purge(trashed, chosen.size() > 1);
      if (failure == null) {
        purged.add(TrashItem.name(trashed));
      } else if (first == null) {
        first = failure;
      }
    }
    if (first == null) {
      return answer;
    }
    if (chosen.size() == 1) {
      throw first;
    }
    throw new VolumeError(
        first.code(),
        purged.size()
            + " of "
            + chosen.size()
            + " removed volumes were deleted for good; the first that was not: "
            + first.getMessage(),
        first);
  }

  private List<Trashed> chosen(ObjectNode request) {
    String which = request.path("which").asText("");
    boolean expired = request.path("expired").asBoolean(false);
    boolean all = request.path("all").asBoolean(false);
    if ((which.isEmpty() ? 0 : 1) + (expired ? 1 : 0) + (all ? 1 : 0) != 1) {
      throw new VolumeError(
          VolumeError.Code.INVALID,
          "a purge needs one of: which (a name or an id), expired: true, all: true");
    }
    if (expired) {
      return administration.expired();
    }
    return all ? administration.trash() : List.of(administration.inTrash(which));
  }

  /**
   * Deletes one.
   *
   * @param many whether it is one of many: then one that has gone meanwhile is no failure
   */
  private @Nullable VolumeError purge(Trashed trashed, boolean many) {
    VolumeError failure;
    try {
      Void unused = administration.purge(trashed.id()).join();
      return null;
    } catch (VolumeError e) {
      failure = e;
    } catch (CompletionException e) {
      if (!(e.getCause() instanceof VolumeError error)) {
        throw e;
      }
      failure = error;
    }
    return many && failure.code() == VolumeError.Code.NOT_FOUND ? null : failure;
  }
}
