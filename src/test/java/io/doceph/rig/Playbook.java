package io.doceph.rig;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Runs Debian's Ansible with the role {@code deploy/ansible/roles/doceph} on a booted machine, over
 * a connection that Ansible takes for ssh.
 *
 * @param machine the host to be set up
 * @param directory where inventory and variables are written
 */
record Playbook(BootedMachine machine, Path directory) {
  private static final Path ROLES = Path.of("deploy/ansible/roles").toAbsolutePath();
  private static final Path SSH = Path.of("src/test/rig/machine-ssh").toAbsolutePath();
  private static final Duration DEADLINE = Duration.ofMinutes(10);
  private static final Pattern CHANGED =
      Pattern.compile("^host +: ok=\\d+ +changed=(\\d+) .*failed=0 ", Pattern.MULTILINE);

  /** What a run printed, and how it ended. */
  record Run(int exit, String output) {
    /**
     * Insists on success.
     *
     * @return how many tasks have changed something
     */
    int changed() {
      Matcher recap = CHANGED.matcher(output);
      if (exit != 0 || !recap.find()) {
        throw new AssertionError("ansible-playbook: exit " + exit + "\n" + output);
      }
      return Integer.parseInt(recap.group(1));
    }
  }

  /**
   * Runs the role.
   *
   * @param variables the host's, in YAML
   * @param flags of ansible-playbook
   */
  Run run(String variables, String... flags) {
    try {
      Path inventory =
          Files.writeString(
              directory.resolve("inventory.yml"),
              """
              all:
                hosts:
                  host:
                    ansible_ssh_executable: %s
                    ansible_ssh_transfer_method: piped
                    ansible_python_interpreter: /usr/bin/python3
                  # Where the cluster's administrator is: this machine.
                  monitor:
                    ansible_connection: local
                    ansible_python_interpreter: /usr/bin/python3
              """
                  .formatted(SSH));
      Path play =
          Files.writeString(directory.resolve("play.yml"), "- {hosts: host, roles: [doceph]}\n");
      Path extra = Files.writeString(directory.resolve("variables.yml"), variables);
      var command =
          new ArrayList<>(
              List.of("/usr/bin/ansible-playbook", "-i", inventory.toString(), play.toString()));
      command.addAll(List.of("-e", "@" + extra));
      command.addAll(List.of(flags));
      Command.Result result = new Command(command, environment(), DEADLINE).run();
      return new Run(result.exit(), result.out() + "\n" + result.err());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // PATH: another Python than Debian's has no Ansible.
  private Map<String, String> environment() {
    return Map.of(
        "PATH", "/usr/sbin:/usr/bin:/sbin:/bin",
        "LC_ALL", "C.UTF-8",
        "HOME", directory.toString(),
        "RIG_DIR", machine.directory().toString(),
        "ANSIBLE_ROLES_PATH", ROLES.toString(),
        "ANSIBLE_NOCOLOR", "1",
        "ANSIBLE_PIPELINING", "1");
  }
}
