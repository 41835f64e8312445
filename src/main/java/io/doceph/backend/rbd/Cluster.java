package io.doceph.backend.rbd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.doceph.host.MissingToolException;
import io.doceph.host.process.Command;
import io.doceph.host.process.CommandFailure;
import io.doceph.host.process.CommandResult;
import io.doceph.host.process.ProcessRunner;
import io.doceph.volume.VolumeError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Runs Ceph's programs. While the cluster is known not to answer, commands that an operation waits
 * for are refused at once instead of piling up; the listing goes on asking.
 */
final class Cluster {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ProcessRunner runner;
  private final Path conf;
  private final Reachability reachability;
  private final FullPools fullPools;

  Cluster(ProcessRunner runner, Path conf, Reachability reachability, FullPools fullPools) {
    this.runner = runner;
    this.conf = conf;
    this.reachability = reachability;
    this.fullPools = fullPools;
  }

  /**
   * Runs a command.
   *
   * @param what the words that a failure begins with, such as {@code volume db1 cannot be mapped}
   * @throws VolumeError with a sentence for the user; its cause is the {@link CommandFailure}
   */
  CommandResult run(Command command, String what, Image image) {
    return whileReachable(command, what, image.user(), image.place().pool());
  }

  /** The same for the index of a place. */
  CommandResult run(Command command, String what, Place place, String user) {
    return whileReachable(command, what, user, place.pool());
  }

  // The cluster may fall silent while the command waits for its turn.
  private CommandResult whileReachable(Command command, String what, String user, String pool) {
    reachability.require(what, pool);
    return attempt(command, what, user, pool, () -> reachability.require(what, pool));
  }

  /**
   * Maps an image. One that does not end says nothing of the cluster: it may wait for that image's
   * lock alone, and other volumes go on.
   */
  CommandResult map(Command command, String what, Image image) {
    reachability.require(what, image.place().pool());
    try {
      CommandResult result = runner.run(command);
      reachability.answered(image.place().pool());
      return result;
    } catch (CommandFailure e) {
      throw e.kind() == CommandFailure.Kind.TIMEOUT
          ? CephFailures.hungMap(what, e, image)
          : CephFailures.explain(what, e, image.user(), image.place().pool());
    } catch (MissingToolException e) {
      throw missing(what, e);
    }
  }

  /** Runs a command that talks to this host's kernel, which says nothing of the cluster. */
  CommandResult local(Command command, String what, String user, String pool) {
    try {
      return runner.run(command);
    } catch (CommandFailure e) {
      throw CephFailures.explain(what, e, user, pool);
    } catch (MissingToolException e) {
      throw missing(what, e);
    }
  }

  /** Runs a command even if the cluster has just not answered another one. */
  CommandResult always(Command command, String what, String user, String pool) {
    return attempt(command, what, user, pool, () -> {});
  }

  private CommandResult attempt(
      Command command, String what, String user, String pool, Runnable requireWorth) {
    if (!Files.exists(conf)) {
      throw new VolumeError(
          VolumeError.Code.UNAVAILABLE,
          what
              + ": there is no "
              + conf
              + "; copy it from a monitor's host, or set doceph.rbd.conf to where it is (without Ceph:"
              + " doceph.backends without rbd)");
    }
    reachability.asking(pool);
    try {
      CommandResult result = runner.run(command, requireWorth);
      reachability.answered(pool);
      return result;
    } catch (CommandFailure e) {
      String full = isSilence(e) ? fullPools.reason(pool, user) : null;
      if (full != null) {
        // It answers, and lets whoever writes wait until there is room.
        reachability.answered(pool);
        throw new VolumeError(VolumeError.Code.FAILED, what + ": " + full, e);
      }
      VolumeError error = CephFailures.explain(what, e, user, pool);
      if (e.kind() == CommandFailure.Kind.EXIT && error.code() != VolumeError.Code.UNAVAILABLE) {
        reachability.answered(pool);
      }
      throw error;
    } catch (MissingToolException e) {
      throw missing(what, e);
    }
  }

  private static VolumeError missing(String what, MissingToolException e) {
    return new VolumeError(VolumeError.Code.UNAVAILABLE, what + ": " + e.getMessage(), e);
  }

  private static boolean isSilence(CommandFailure failure) {
    return failure.kind() == CommandFailure.Kind.TIMEOUT
        || (failure.kind() == CommandFailure.Kind.EXIT && CephFailures.isTimeout(failure));
  }

  /**
   * Runs a command on the index, which every operation needs: when it waits in vain, the cluster
   * counts as silent. Of other commands that cannot be said: one image may hang alone.
   */
  CommandResult index(Command command, String what, String user, String pool) {
    try {
      return always(command, what, user, pool);
    } catch (VolumeError e) {
      boolean silent = failure(e).isPresent() && e.code() == VolumeError.Code.UNAVAILABLE;
      if (silent) {
        reachability.silent(pool, String.valueOf(e.getMessage()));
      }
      throw e;
    }
  }

  /** Refuses what a volume is needed for while the cluster has not answered at all yet. */
  void requireKnown(String what, Place place) {
    reachability.requireKnown(what, place.pool());
  }

  /** Refuses at once what would only wait. */
  void requireReachable(String what, Place place) {
    reachability.require(what, place.pool());
  }

  /** The same, for output that is JSON. */
  JsonNode json(Command command, String what, Image image) {
    return parse(run(command, what, image).stdout(), what);
  }

  /** Reads JSON that a program printed. */
  static JsonNode parse(byte[] output, String what) {
    try {
      JsonNode tree = JSON.readTree(output);
      if (tree != null && !tree.isMissingNode()) {
        return tree;
      }
    } catch (IOException e) {
      throw garbage(what, e);
    }
    throw garbage(what, null);
  }

  private static VolumeError garbage(String what, @Nullable IOException e) {
    return new VolumeError(
        VolumeError.Code.FAILED,
        what + ": what the program printed is no JSON; is it Ceph's own, of version 14 or later?",
        e);
  }

  /** The command's own failure behind an error, if a command is behind it. */
  static Optional<CommandFailure> failure(VolumeError error) {
    return error.getCause() instanceof CommandFailure f ? Optional.of(f) : Optional.empty();
  }

  /** Whether the command ended with this exit code. */
  static boolean exited(VolumeError error, int code) {
    return failure(error)
        .filter(f -> f.kind() == CommandFailure.Kind.EXIT && f.exitCode() == code)
        .isPresent();
  }

  /**
   * Whether the command was surely not obeyed: it ended by itself, and not for want of an answer.
   */
  static boolean isRefusal(VolumeError error) {
    return failure(error)
        .filter(f -> f.kind() == CommandFailure.Kind.EXIT && !CephFailures.isTimeout(f))
        .isPresent();
  }

  /** Whether the image is not there. */
  static boolean isNoImage(VolumeError error) {
    return failure(error).filter(CephFailures::isNoImage).isPresent();
  }
}
