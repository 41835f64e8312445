package io.doceph.backend.rbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.doceph.host.Tools;
import io.doceph.host.process.ProcessRunner;
import io.doceph.host.process.RunLimits;
import io.doceph.host.process.RunListener;
import io.doceph.volume.VolumeError;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The options that only RBD knows, before any cluster is asked. */
class ImageOptionsTest {
  private final RbdBackend backend =
      new RbdBackend(
          RbdBed.settings(Path.of("/none/ceph.conf"), Path.of("/none/host-1"), "host-1"),
          new Tools(Map.of()),
          new ProcessRunner(RunLimits.defaults(), RunListener.NONE));

  private ObjectNode options(Map<String, ?> given) {
    return RbdBed.reserved(backend, "host-1", "volume", given).spec().options();
  }

  @Test
  void thePoolIsAddedAndTheUserIsNot() {
    ObjectNode options = options(Map.of("size", 1));

    assertThat(options.toString()).isEqualTo("{\"size\":1,\"pool\":\"volumes\",\"fs\":\"ext4\"}");
  }

  @Test
  void whatIsAllowedIsKept() {
    ObjectNode options =
        options(
            Map.of(
                "pool", "volumes",
                "namespace", "team1",
                "auth_user", "cinder",
                "features", "layering,exclusive-lock",
                "object-size", "32MiB",
                "stripe-unit", "4MiB",
                "stripe-count", 8,
                "data-pool", "ec",
                "map", "queue_depth=1,notrim",
                "ro", "no"));

    assertThat(ImageOptions.placeText(options)).isEqualTo("volumes/team1");
    assertThat(options.path("auth_user").asText()).isEqualTo("cinder");
    assertThat(ImageOptions.mapOptions(options)).containsExactly("queue_depth=1", "notrim");
    assertThat(options.has("ro")).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "pool=glance | volumes cannot be made in 'glance' here; allowed: volumes, volumes/team1, ssd (doceph.rbd.pools)",
        "namespace=team2 | volumes cannot be made in 'volumes/team2' here; allowed: volumes, volumes/team1, ssd (doceph.rbd.pools)",
        "pool=volumes/team1 -x | volumes cannot be made in 'volumes/team1 -x' here; allowed: volumes, volumes/team1, ssd (doceph.rbd.pools)",
        "auth_user=admin | the Ceph user 'admin' cannot be asked for here; allowed: docker, cinder, nocaps (doceph.rbd.users)",
        "features=layering | features must have exclusive-lock among them: without it a dead host cannot be told from a live one",
        "features=exclusive-lock,encryption | 'encryption' is not a feature of images; known: deep-flatten, exclusive-lock, fast-diff, journaling, layering, object-map, striping",
        "map=secret=/etc/shadow | 'secret=/etc/shadow' cannot be asked for as a map option; allowed: ",
        "map=queue_depth | 'queue_depth' cannot be asked for as a map option; allowed: ",
        "map=share | 'share' cannot be asked for as a map option; allowed: ",
        "map=queue_depth=1 -x | 'queue_depth=1 -x' cannot be asked for as a map option; allowed: ",
        "object-size=3MiB | object-size must be a power of two from 4KiB to 32MiB, such as 4MiB",
        "object-size=2KiB | object-size must be a power of two from 4KiB to 32MiB, such as 4MiB",
        "object-size=64MiB | object-size must be a power of two from 4KiB to 32MiB, such as 4MiB",
        "object-size=large | object-size must be a size such as 4MiB or 64KiB, not 'large'",
        "stripe-unit=64KiB | stripe-unit and stripe-count go together",
        "stripe-count=4 | stripe-unit and stripe-count go together",
        "stripe-unit=64KiB;stripe-count=0 | stripe-count must be a whole number from 1 to 9999, not '0'",
        "stripe-unit=3MiB;stripe-count=2 | stripe-unit must divide the object size (4MiB)",
        "data-pool=-x | data-pool must be the name of a pool, not '-x'",
        "ro=maybe | ro must be true or false, and 'maybe' is neither",
        "ro=true | a new volume is empty and ro=true would keep it so; make it, fill it, and then `doceph access volume ro`",
      })
  void aWrongOptionIsRefusedWithItsSentence(String options, String sentence) {
    Map<String, String> given = new HashMap<>();
    for (String option : options.split(";", -1)) {
      int equals = option.indexOf('=');
      given.put(option.substring(0, equals), option.substring(equals + 1));
    }

    VolumeError error =
        catchThrowableOfType(
            VolumeError.class, () -> RbdBed.reserved(backend, "host-1", "volume", given));

    assertThat(error.code()).isEqualTo(VolumeError.Code.INVALID);
    assertThat(error).hasMessageStartingWith(sentence);
  }
}
