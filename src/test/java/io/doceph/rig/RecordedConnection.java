package io.doceph.rig;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One connection of dockerd, passed on to the daemon. When either side closes, the other is closed
 * at once, as without anything in between: dockerd must not find an open connection to a daemon
 * that has died.
 */
final class RecordedConnection {
  private final CallRecorder recorder;
  private final SocketChannel dockerd;
  private final SocketChannel daemon;

  /** The call under way; dockerd sends the next one only when it has this one's answer. */
  private final AtomicReference<@Nullable HttpMessage> asked = new AtomicReference<>();

  RecordedConnection(CallRecorder recorder, SocketChannel dockerd, SocketChannel daemon) {
    this.recorder = recorder;
    this.dockerd = dockerd;
    this.daemon = daemon;
  }

  void start() {
    Thread.ofVirtual().name("recorder: questions").start(this::passQuestions);
    Thread.ofVirtual().name("recorder: answers").start(this::passAnswers);
  }

  private void passQuestions() {
    try {
      InputStream in = Channels.newInputStream(dockerd);
      OutputStream out = Channels.newOutputStream(daemon);
      HttpMessage question;
      while ((question = HttpMessage.read(in)) != null) {
        asked.set(question);
        if (!recorder.admits(question)) {
          break;
        }
        out.write(question.wire().array());
      }
    } catch (IOException e) {
      // A side has gone; the other is told below.
    } finally {
      close();
    }
  }

  private void passAnswers() {
    try {
      InputStream in = Channels.newInputStream(daemon);
      OutputStream out = Channels.newOutputStream(dockerd);
      HttpMessage answer;
      while ((answer = HttpMessage.read(in)) != null) {
        // On record before dockerd sees it: what a docker command did is there when the command has
        // ended.
        record(answer);
        out.write(answer.wire().array());
      }
    } catch (IOException e) {
      // A side has gone; the other is told below.
    } finally {
      close();
    }
  }

  private void record(@Nullable HttpMessage answer) {
    HttpMessage question = asked.getAndSet(null);
    if (question != null) {
      recorder.record(question, answer);
    }
  }

  private void close() {
    record(null);
    try {
      dockerd.close();
      daemon.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
