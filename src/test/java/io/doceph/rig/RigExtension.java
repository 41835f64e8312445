package io.doceph.rig;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Gives every story the one dockerd of the whole test run, and cleans up after each, also after one
 * that failed.
 */
final class RigExtension implements BeforeEachCallback, AfterEachCallback {
  private static final ExtensionContext.Namespace NAMESPACE =
      ExtensionContext.Namespace.create(RigExtension.class);

  @Override
  public void beforeEach(ExtensionContext context) {
    assumeTrue("root".equals(System.getProperty("user.name")), "the rig needs root");
    Bench bench =
        context
            .getRoot()
            .getStore(NAMESPACE)
            .computeIfAbsent(Bench.class, key -> Bench.open(), Bench.class);
    ((RigTest) context.getRequiredTestInstance()).begin(bench);
  }

  @Override
  public void afterEach(ExtensionContext context) {
    ((RigTest) context.getRequiredTestInstance()).end(context.getExecutionException().isPresent());
  }

  /**
   * What all stories share: dockerd, and the recorder on the socket where it finds the plugin
   * {@code doceph}.
   */
  record Bench(DockerRig rig, CallRecorder recorder) implements AutoCloseable {
    static Bench open() {
      DockerRig rig = DockerRig.up();
      return new Bench(rig, new CallRecorder(rig.sockets().resolve(RigTest.DRIVER + ".sock")));
    }

    @Override
    public void close() {
      recorder.close();
      rig.close();
    }
  }
}
