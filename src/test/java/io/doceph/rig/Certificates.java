package io.doceph.rig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** An authority of one day, and a certificate of it for a server at 127.0.0.1 and for a client. */
public final class Certificates {
  private Certificates() {}

  /**
   * Writes {@code ca.pem}, and {@code server} and {@code client} each as {@code .pem} and {@code
   * .key}.
   */
  public static void make(Path directory) throws IOException {
    String ca = directory.resolve("ca").toString();
    openssl(
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "1",
        "-subj",
        "/CN=rig authority",
        "-keyout",
        ca + ".key",
        "-out",
        ca + ".pem");
    for (String side : new String[] {"server", "client"}) {
      String file = directory.resolve(side).toString();
      Path extensions = directory.resolve(side + ".ext");
      Files.writeString(
          extensions, "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=" + side + "Auth\n");
      openssl(
          "req",
          "-newkey",
          "ec",
          "-pkeyopt",
          "ec_paramgen_curve:P-256",
          "-nodes",
          "-subj",
          "/CN=rig " + side,
          "-keyout",
          file + ".key",
          "-out",
          file + ".csr");
      openssl(
          "x509",
          "-req",
          "-days",
          "1",
          "-in",
          file + ".csr",
          "-CA",
          ca + ".pem",
          "-CAkey",
          ca + ".key",
          "-CAcreateserial",
          "-extfile",
          extensions.toString(),
          "-out",
          file + ".pem");
    }
  }

  private static void openssl(String... arguments) {
    var command = new ArrayList<>(List.of("/usr/bin/openssl"));
    command.addAll(List.of(arguments));
    Command.of(command.toArray(String[]::new)).run().succeeded();
  }
}
