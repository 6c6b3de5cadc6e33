package dev.holdfast.replication.testing;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.slf4j.LoggerFactory;

/**
 * A Vert.x with a tight blocked-thread checker. A test during which an event loop was blocked
 * fails, with the stack that blocked it.
 *
 * <p>{@code @RegisterExtension static final StrictVertx VERTX = new StrictVertx();} gives one for
 * the class, without {@code static} one for each test. Outside of JUnit: {@link #open} and {@link
 * #close}.
 */
public final class StrictVertx
    implements BeforeAllCallback,
        AfterAllCallback,
        BeforeEachCallback,
        AfterEachCallback,
        AutoCloseable {
  /** Vert.x's own name for it, kept by it across versions. */
  private static final String CHECKER_LOGGER = "io.vertx.core.impl.BlockedThreadChecker";

  /**
   * An event loop that does only what it should never takes a tenth of this, except for the classes
   * that its first connection loads: a second on a machine with more to do than it has cores. As
   * long as Vert.x itself allows.
   */
  private static final long EXECUTE_MILLIS_MAX = 2000;

  private static final long CHECK_INTERVAL_MILLIS = 100;
  private static final long AWAIT_SECONDS = 60;

  private final List<String> warnings = new CopyOnWriteArrayList<>();
  private final Appender appender = new Appender();
  private @Nullable Vertx vertx;
  private @Nullable Stalls stalls;
  private boolean forClass;

  public Vertx vertx() {
    Vertx running = vertx;
    if (running == null) {
      throw new IllegalStateException("not started");
    }
    return running;
  }

  /** Starts it; returns this. */
  public StrictVertx open() {
    Logger logger = (Logger) LoggerFactory.getLogger(CHECKER_LOGGER);
    appender.setContext(logger.getLoggerContext());
    appender.start();
    logger.addAppender(appender);
    stalls = new Stalls();
    vertx =
        Vertx.vertx(
            new VertxOptions()
                .setMaxEventLoopExecuteTime(EXECUTE_MILLIS_MAX)
                .setMaxEventLoopExecuteTimeUnit(TimeUnit.MILLISECONDS)
                .setBlockedThreadCheckInterval(CHECK_INTERVAL_MILLIS)
                .setBlockedThreadCheckIntervalUnit(TimeUnit.MILLISECONDS)
                // Every warning with its stack.
                .setWarningExceptionTime(1)
                .setWarningExceptionTimeUnit(TimeUnit.MILLISECONDS));
    return this;
  }

  /** Stops it, and fails if an event loop was blocked meanwhile. */
  @Override
  public void close() {
    Vertx running = vertx;
    if (running != null) {
      vertx = null;
      await(running.close());
      ((Logger) LoggerFactory.getLogger(CHECKER_LOGGER)).detachAppender(appender);
      appender.stop();
      if (stalls != null) {
        stalls.interrupt();
      }
    }
    failIfBlocked();
  }

  private void failIfBlocked() {
    if (!warnings.isEmpty()) {
      String all = String.join("\n", warnings);
      warnings.clear();
      throw new AssertionError("an event loop was blocked:\n" + all);
    }
  }

  /** Whether an event loop was blocked since the last test, for the test of this class. */
  boolean hasWarnings() {
    return !warnings.isEmpty();
  }

  /** Waits for a future outside of an event loop; its failure is thrown as it is. */
  public static <T> T await(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(AWAIT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new AssertionError(e.getCause());
    } catch (TimeoutException e) {
      throw new AssertionError("nothing within " + AWAIT_SECONDS + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    forClass = true;
    open();
  }

  @Override
  public void afterAll(ExtensionContext context) {
    close();
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    if (!forClass) {
      open();
    }
  }

  @Override
  public void afterEach(ExtensionContext context) {
    if (forClass) {
      failIfBlocked();
    } else {
      close();
    }
  }

  private final class Appender extends AppenderBase<ILoggingEvent> {
    @Override
    protected void append(ILoggingEvent event) {
      Stalls machine = stalls;
      if (machine != null && machine.stalledRecently()) {
        return;
      }
      IThrowableProxy stack = event.getThrowableProxy();
      warnings.add(
          event.getFormattedMessage()
              + (stack == null ? "" : "\n" + ThrowableProxyUtil.asString(stack)));
    }
  }

  /**
   * Tells a blocked event loop from a machine or a JVM that stood still (an overloaded host, a
   * collection): then this thread, which only sleeps, came late too.
   */
  private static final class Stalls extends Thread {
    private static final long TICK_MILLIS = 20;
    private static final long LATE_MILLIS = EXECUTE_MILLIS_MAX / 4;

    private final AtomicLong lastTick = new AtomicLong(System.nanoTime());
    private final AtomicLong lastStall = new AtomicLong(System.nanoTime() - 3_600_000_000_000L);

    Stalls() {
      super("stall-detector");
      setDaemon(true);
      start();
    }

    @Override
    public void run() {
      try {
        while (!isInterrupted()) {
          Thread.sleep(TICK_MILLIS);
          tick();
        }
      } catch (InterruptedException e) {
        // closed
      }
    }

    private void tick() {
      long now = System.nanoTime();
      if (now - lastTick.getAndSet(now) > TimeUnit.MILLISECONDS.toNanos(LATE_MILLIS)) {
        lastStall.set(now);
      }
    }

    boolean stalledRecently() {
      long now = System.nanoTime();
      return now - lastTick.get() > TimeUnit.MILLISECONDS.toNanos(LATE_MILLIS)
          || now - lastStall.get() < TimeUnit.MILLISECONDS.toNanos(2 * EXECUTE_MILLIS_MAX);
    }
  }
}
