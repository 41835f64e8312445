package io.doceph.volume;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Somebody who uses a volume's data.
 *
 * @param host the host's name; null when only its address is known
 * @param hostId that host's daemon; null for a client that is no doceph
 * @param address the client's address in the cluster, such as {@code 10.0.0.7:0/123456}, or null
 * @param since when it began, or null
 * @param writer whether it may write
 * @param alive whether the cluster hears of it now
 */
public record VolumeUser(
    @Nullable String host,
    @Nullable String hostId,
    @Nullable String address,
    @Nullable Instant since,
    boolean writer,
    boolean alive) {

  /** The same user, heard of or not. */
  public VolumeUser alive(boolean now) {
    return new VolumeUser(host, hostId, address, since, writer, now);
  }

  /** As messages name it: host, address and since when, as far as they are known. */
  public String text() {
    String who =
        host == null
            ? "a client that is no doceph" + (address == null ? "" : " (" + address + ")")
            : "host " + host + (address == null ? "" : " (" + address + ")");
    return since == null ? who : who + " since " + since;
  }
}
