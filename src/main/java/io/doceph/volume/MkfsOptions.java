package io.doceph.volume;

import io.doceph.host.Filesystem;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The mkfs arguments that a volume may ask for: flags from a list, each with at most one value that
 * names no file, so that mkfs can neither be forced over data nor be pointed at another device.
 */
final class MkfsOptions {
  private static final Map<Filesystem, Set<String>> FLAGS =
      Map.of(
          Filesystem.XFS,
          Set.of("-b", "-d", "-i", "-l", "-L", "-m", "-n", "-s"),
          Filesystem.EXT4,
          Set.of("-b", "-C", "-E", "-g", "-G", "-i", "-I", "-J", "-L", "-m", "-N", "-O", "-T"),
          Filesystem.BTRFS,
          Set.of("-d", "-L", "-m", "-M", "-n", "-O", "-s", "--csum"));
  private static final Pattern VALUE = Pattern.compile("[A-Za-z0-9^][A-Za-z0-9_.,=^-]{0,127}");

  /** Sub-options that name another device or file. */
  private static final Pattern ELSEWHERE =
      Pattern.compile("(^|,)(logdev|rtdev|name|device|file)(=|,|$)");

  private MkfsOptions() {}

  /** Splits at white space and checks. */
  static List<String> parse(String text, Filesystem filesystem) {
    List<String> words = List.of(text.strip().split("\\s+"));
    if (words.equals(List.of(""))) {
      return List.of();
    }
    Set<String> flags = FLAGS.getOrDefault(filesystem, Set.of());
    boolean valueMayFollow = false;
    for (String word : words) {
      boolean isFlag = flags.contains(word);
      boolean isValue =
          valueMayFollow && VALUE.matcher(word).matches() && !ELSEWHERE.matcher(word).find();
      if (!isFlag && !isValue) {
        throw new VolumeError(
            VolumeError.Code.INVALID,
            "the mkfs argument '"
                + Text.shown(word)
                + "' is not allowed for "
                + filesystem.wireName()
                + "; allowed are the flags "
                + String.join(" ", new TreeSet<>(flags))
                + ", each with a value that names no device or file");
      }
      valueMayFollow = isFlag;
    }
    return words;
  }
}
