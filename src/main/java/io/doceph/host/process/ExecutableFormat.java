package io.doceph.host.process;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * Recognises files the kernel cannot execute. The JDK hands such a file to {@code /bin/sh} (as a
 * shell would), so that an empty or truncated program would "succeed", and a damaged one be read as
 * a script.
 */
final class ExecutableFormat {

  /** Up to and including the ELF header's e_machine. */
  private static final int HEADER = 20;

  private static final Path OURSELVES = Path.of("/proc/self/exe");

  private ExecutableFormat() {}

  /** Why the kernel cannot execute the file, or empty when it can or when that cannot be told. */
  static Optional<String> problem(Path program) {
    byte[] header;
    try {
      header = header(program);
    } catch (IOException e) {
      // Missing or not ours to read: the attempt to start it tells more exactly.
      return Optional.empty();
    }
    if (header.length >= 2 && header[0] == '#' && header[1] == '!') {
      return Optional.empty();
    }
    if (header.length < HEADER
        || header[0] != 0x7f
        || header[1] != 'E'
        || header[2] != 'L'
        || header[3] != 'F') {
      return Optional.of("the file is no program: neither ELF nor a script that begins with #!");
    }
    return sameMachine(header)
        ? Optional.empty()
        : Optional.of("the program was built for another kind of machine than this one");
  }

  private static boolean sameMachine(byte[] header) {
    byte[] ours;
    try {
      ours = header(OURSELVES);
    } catch (IOException e) {
      return true;
    }
    // Word size, byte order and machine.
    return ours.length < HEADER
        || (ours[4] == header[4]
            && ours[5] == header[5]
            && Arrays.equals(ours, 18, 20, header, 18, 20));
  }

  private static byte[] header(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return in.readNBytes(HEADER);
    }
  }
}
