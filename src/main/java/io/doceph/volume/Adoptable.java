package io.doceph.volume;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A volume of the first doceph that can be taken over, or what looks like one.
 *
 * @param name its name
 * @param options the options to adopt it with
 * @param notes what a person should know about it, one sentence each
 * @param obstacle why it cannot be taken over, or null
 */
public record Adoptable(
    String name, ObjectNode options, List<String> notes, @Nullable String obstacle) {
  public Adoptable {
    notes = List.copyOf(notes);
  }
}
