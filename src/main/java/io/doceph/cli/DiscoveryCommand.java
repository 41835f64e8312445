package io.doceph.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code doceph discovery}: writes the files by which Docker finds a plugin that has no socket in
 * {@code /run/docker/plugins}. Their form is Docker's ("Plugin discovery" in its documentation).
 */
@Command(
    name = "discovery",
    description = {
      "Tells Docker where doceph listens, for a doceph whose socket is not in /run/docker/plugins or that listens on TCP.",
      "",
      "Writes DIR/NAME.spec, or DIR/NAME.json for https. Docker reads it when the driver NAME is used for the first time; for a changed address restart "
          + "Docker. The three TLS files are Docker's side: the authority that signed doceph's certificate, and a certificate with its key that doceph's "
          + "doceph.tls.client-ca accepts."
    },
    footer = {
      "  doceph discovery unix:///run/doceph/plugin.sock",
      "  doceph discovery tcp://127.0.0.1:9911",
      "  doceph discovery https://10.1.2.3:9911 --ca ca.pem --cert client.pem --key client.key",
      "  doceph discovery --remove"
    })
final class DiscoveryCommand implements Callable<Integer> {
  private static final Path SOCKETS = Path.of("/run/docker/plugins");
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]*");
  private static final Pattern PLAIN = Pattern.compile("unix://(/.+)|tcp://[^/\\s]+:\\d{1,5}");
  private static final Pattern TLS = Pattern.compile("https://[^/\\s]+:\\d{1,5}");

  private final Session session;

  @Parameters(
      arity = "0..1",
      paramLabel = "ADDRESS",
      description = "unix:///PATH, tcp://HOST:PORT or https://HOST:PORT.")
  @Nullable String address;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      defaultValue = "doceph",
      description = "The volume driver's name for Docker. Default: ${DEFAULT-VALUE}.")
  String name = "";

  @Option(
      names = "--directory",
      paramLabel = "DIR",
      defaultValue = "/etc/docker/plugins",
      description =
          "Where Docker looks. Default: ${DEFAULT-VALUE}; /usr/lib/docker/plugins is another.")
  Path directory = Path.of("/");

  @Option(names = "--ca", paramLabel = "FILE", description = "For https: the authority (PEM).")
  @Nullable Path ca;

  @Option(names = "--cert", paramLabel = "FILE", description = "For https: Docker's certificate.")
  @Nullable Path cert;

  @Option(names = "--key", paramLabel = "FILE", description = "For https: its key.")
  @Nullable Path key;

  @Option(names = "--remove", description = "Take the files of NAME away; none is success.")
  boolean remove;

  DiscoveryCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    if (!NAME.matcher(name).matches()) {
      throw invalid("'" + name + "' cannot be a driver's name; use letters, digits and _ . -");
    }
    Path spec = directory.resolve(name + ".spec");
    Path json = directory.resolve(name + ".json");
    String where = address;
    if (remove == (where != null)) {
      throw invalid("give either an address, such as tcp://127.0.0.1:9911, or --remove");
    }
    if (where == null) {
      delete(spec);
      delete(json);
      return session.print(Json.object().put("name", name), "");
    }
    boolean tls = TLS.matcher(where).matches();
    if (!tls && !PLAIN.matcher(where).matches()) {
      throw invalid(
          "'" + where + "' is no address; use unix:///PATH, tcp://HOST:PORT or https://HOST:PORT");
    }
    String text = tls ? withTls(where) : where + "\n";
    Path file = tls ? json : spec;
    write(file, text);
    delete(tls ? spec : json); // one of them counts
    return session.print(
        Json.object().put("name", name).put("file", file.toString()),
        "Docker finds the driver " + name + " by " + file + "\n" + preferred());
  }

  private String preferred() {
    Path socket = SOCKETS.resolve(name + ".sock");
    return Files.exists(socket) ? "note: Docker prefers " + socket + " while it is there\n" : "";
  }

  private String withTls(String where) {
    ObjectNode config =
        Json.object()
            .put("InsecureSkipVerify", false)
            .put("CAFile", readable("--ca", ca))
            .put("CertFile", readable("--cert", cert))
            .put("KeyFile", readable("--key", key));
    ObjectNode all = Json.object().put("Name", name).put("Addr", where);
    all.set("TLSConfig", config);
    return all.toPrettyString() + "\n";
  }

  private static String readable(String option, @Nullable Path file) {
    if (file == null) {
      throw invalid("https needs --ca, --cert and --key; " + option + " is missing");
    }
    if (!Files.isReadable(file)) {
      throw invalid(option + " " + file + " cannot be read; name a PEM file that is there");
    }
    return file.toAbsolutePath().toString();
  }

  private static CliFailure invalid(String what) {
    return new CliFailure(ErrorCode.INVALID_REQUEST, what);
  }

  /** Docker must never read half a file. */
  private static void write(Path file, String text) {
    Path fresh = file.resolveSibling("." + file.getFileName() + ".new");
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Files.writeString(fresh, text);
      Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rw-r--r--"));
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw failed("cannot write " + file, e);
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw failed("cannot remove " + file, e);
    }
  }

  private static CliFailure failed(String what, IOException e) {
    return new CliFailure(
        ErrorCode.FAILED,
        "%s (%s); run this as root, or choose another --directory"
            .formatted(what, e.getClass().getSimpleName().replace("Exception", "")));
  }
}
