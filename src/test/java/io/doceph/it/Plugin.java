package io.doceph.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.doceph.rig.DocephDaemon;
import io.doceph.rig.PluginClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Docker's calls on one connection, each insisting on success unless it returns the answer. */
final class Plugin implements AutoCloseable {
  private final PluginClient client;

  Plugin(DocephDaemon daemon) {
    this.client = daemon.client();
  }

  PluginClient client() {
    return client;
  }

  PluginClient.Answer call(String endpoint, String body) {
    return client.post("/VolumeDriver." + endpoint, body + "\n");
  }

  /** Creates with options such as {@code "size":1}; none for {@code null}. */
  void create(String name, String options) {
    succeeded(tryCreate(name, options));
  }

  PluginClient.Answer tryCreate(String name, String options) {
    String opts = options.isEmpty() ? "null" : "{" + options + "}";
    return call("Create", "{\"Name\":\"" + name + "\",\"Opts\":" + opts + "}");
  }

  Path mount(String name, String id) {
    return Path.of(succeeded(tryMount(name, id)).path("Mountpoint").asText());
  }

  PluginClient.Answer tryMount(String name, String id) {
    return call("Mount", "{\"Name\":\"" + name + "\",\"ID\":\"" + id + "\"}");
  }

  void unmount(String name, String id) {
    succeeded(tryUnmount(name, id));
  }

  PluginClient.Answer tryUnmount(String name, String id) {
    return call("Unmount", "{\"Name\":\"" + name + "\",\"ID\":\"" + id + "\"}");
  }

  void remove(String name) {
    succeeded(tryRemove(name));
  }

  PluginClient.Answer tryRemove(String name) {
    return call("Remove", "{\"Name\":\"" + name + "\"}");
  }

  PluginClient.Answer get(String name) {
    return call("Get", "{\"Name\":\"" + name + "\"}");
  }

  /** The volume that Get shows; it must be there. */
  JsonNode volume(String name) {
    return succeeded(get(name)).path("Volume");
  }

  /** The names that List shows. */
  List<String> names() {
    List<String> names = new ArrayList<>();
    succeeded(call("List", "{}")).path("Volumes").forEach(v -> names.add(v.path("Name").asText()));
    return names;
  }

  static JsonNode succeeded(PluginClient.Answer answer) {
    assertThat(answer.err()).as(answer.body()).isEmpty();
    assertThat(answer.status()).isEqualTo(200);
    return answer.json();
  }

  /** Insists on a refusal in one sentence, without a stack trace. */
  static void refused(PluginClient.Answer answer, int status) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(status);
    assertThat(answer.err()).isNotBlank().doesNotContain("\n", "Exception", "io.doceph", "java.");
  }

  @Override
  public void close() {
    client.close();
  }
}
