package dev.holdfast.node.maintenance;

import dev.holdfast.chunkstore.work.Workers;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.ThreadFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Threads for work that can wait: on Linux with the lowest priority, so that they use the cores
 * that nobody else wants, and a backup that runs meanwhile hardly notices. The JDK's own priorities
 * do nothing there.
 */
final class BackgroundThreads implements ThreadFactory {
  private static final Logger LOG = LoggerFactory.getLogger(BackgroundThreads.class);

  // Source: setpriority(2); with 0 Linux takes the thread that calls, not its process.
  private static final int PRIO_PROCESS = 0;
  private static final int THIS_THREAD = 0;
  private static final int NICE_MAX = 19;
  private static final boolean LINUX = System.getProperty("os.name", "").equals("Linux");

  private final ThreadFactory threads;

  private BackgroundThreads(String name) {
    this.threads = Thread.ofPlatform().daemon().name(name + "-", 0).factory();
  }

  /** One per core. */
  static Workers workers(String name) {
    return new Workers(Runtime.getRuntime().availableProcessors(), new BackgroundThreads(name));
  }

  @Override
  public Thread newThread(Runnable work) {
    return threads.newThread(
        () -> {
          stepBack();
          work.run();
        });
  }

  private static void stepBack() {
    if (!LINUX) {
      return;
    }
    try {
      int failed = (int) Calls.SETPRIORITY.invokeExact(PRIO_PROCESS, THIS_THREAD, NICE_MAX);
      if (failed != 0) {
        LOG.debug("background work keeps its usual priority: the system refused another");
      }
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError("a C call throws nothing", e);
    }
  }

  // Bound on first use: linking costs some milliseconds that a start need not pay.
  private static final class Calls {
    static final MethodHandle SETPRIORITY = bind();

    @SuppressWarnings("restricted") // the launcher enables native access
    private static MethodHandle bind() {
      Linker linker = Linker.nativeLinker();
      MemorySegment address = linker.defaultLookup().find("setpriority").orElseThrow();
      return linker.downcallHandle(
          address,
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT));
    }
  }
}
