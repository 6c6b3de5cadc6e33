package dev.holdfast.node.thread;

import dev.holdfast.chunkstore.work.Workers;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.ThreadFactory;

/**
 * Daemon threads that let others go first when all cores are busy: on Linux, by their nice value.
 * The JDK's own priorities do nothing there.
 */
public final class YieldingThreads implements ThreadFactory {
  /** A third of the share of an event loop or a call: what a client waits for goes first. */
  static final int SESSION_NICE = 5;

  /** A seventieth, the least there is. */
  static final int BACKGROUND_NICE = 19;

  private static final boolean LINUX = System.getProperty("os.name", "").equals("Linux");

  private final ThreadFactory threads;
  private final int steps;

  /**
   * @param steps behind the thread that starts them, which is where the operator put the node
   */
  private YieldingThreads(String name, int steps) {
    this.threads = Thread.ofPlatform().daemon().name(name + "-", 0).factory();
    this.steps = steps;
  }

  /**
   * For what sessions and syncs wait for, but in bulk: event loops and calls, which need little,
   * are not held up by it.
   */
  static ThreadFactory ofSessions(String name) {
    return new YieldingThreads(name, SESSION_NICE);
  }

  /**
   * One thread per core for work that can wait: it uses the cores that nobody else wants, and a
   * backup that runs meanwhile hardly notices. At least two, since one would be the caller.
   */
  public static Workers background(String name) {
    return new Workers(
        Math.max(2, Runtime.getRuntime().availableProcessors()),
        new YieldingThreads(name, BACKGROUND_NICE));
  }

  @Override
  public Thread newThread(Runnable work) {
    return threads.newThread(
        () -> {
          stepBack(steps);
          work.run();
        });
  }

  private static void stepBack(int steps) {
    if (!LINUX) {
      return;
    }
    try {
      // That of this thread alone; a step back is never refused.
      int unused = (int) Calls.NICE.invokeExact(steps);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError("a C call throws nothing", e);
    }
  }

  // Bound on first use: linking costs some milliseconds that a start need not pay.
  private static final class Calls {
    // Source: nice(2), of which Linux says that it is the calling thread's.
    static final MethodHandle NICE = bind();

    @SuppressWarnings("restricted") // the launcher enables native access
    private static MethodHandle bind() {
      Linker linker = Linker.nativeLinker();
      return linker.downcallHandle(
          linker.defaultLookup().find("nice").orElseThrow(),
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    }
  }
}
