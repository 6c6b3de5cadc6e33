package dev.holdfast.node;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Vert.x as the node and its command line use it. */
public final class NodeVertx {
  /** An event loop that is away for longer is a defect, and logged. */
  private static final Duration EVENT_LOOP_BLOCKED_MAX = Duration.ofSeconds(1);

  private NodeVertx() {}

  /**
   * @param eventLoops threads that frame, route and stream: one per core
   */
  public static Vertx create(int eventLoops) {
    return Vertx.vertx(
        new VertxOptions()
            .setEventLoopPoolSize(eventLoops)
            .setMaxEventLoopExecuteTime(EVENT_LOOP_BLOCKED_MAX.toNanos())
            .setMaxEventLoopExecuteTimeUnit(TimeUnit.NANOSECONDS)
            // No files are served from the class path, so no directory is made for them.
            .setFileSystemOptions(
                new FileSystemOptions()
                    .setFileCachingEnabled(false)
                    .setClassPathResolvingEnabled(false)));
  }

  /** Waits, off any event loop. A failure that is a {@link BackupException} is thrown as it is. */
  static <T> T await(Future<T> future, Duration atMost) {
    try {
      return future
          .toCompletionStage()
          .toCompletableFuture()
          .get(atMost.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof BackupException known) {
        throw known;
      }
      throw new BackupException(Kind.INTERNAL, "unexpected failure: " + e.getCause(), e);
    } catch (TimeoutException e) {
      throw new BackupException(Kind.INTERNAL, "no answer within " + atMost, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BackupException(Kind.CANCELLED, "interrupted", e);
    }
  }
}
