package dev.holdfast.node.thread;

import dev.holdfast.chunkstore.work.Workers;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.ThreadFactory;

/**
 * Daemon threads that let others go first when all cores are busy: on Linux, by what the scheduler
 * knows of them. The JDK's own priorities do nothing there.
 */
public final class YieldingThreads implements ThreadFactory {
  /** A third of the share of an event loop or a call: what a client waits for goes first. */
  static final int SESSION_NICE = 5;

  /** A seventieth, the least there is. */
  static final int BACKGROUND_NICE = 19;

  private static final boolean LINUX = System.getProperty("os.name", "").equals("Linux");

  /** What a thread does about its place before it works. */
  private interface StepBack {
    void run() throws Throwable;
  }

  private final ThreadFactory threads;
  private final StepBack stepBack;

  private YieldingThreads(String name, StepBack stepBack) {
    this.threads = Thread.ofPlatform().daemon().name(name + "-", 0).factory();
    this.stepBack = stepBack;
  }

  /**
   * For what sessions and syncs wait for, but in bulk: event loops and calls, which need little,
   * are not held up by it.
   */
  static ThreadFactory ofSessions(String name) {
    return new YieldingThreads(name, () -> nice(SESSION_NICE));
  }

  /**
   * One thread per core for work that can wait: it uses the cores that nobody else wants, and a
   * backup that runs meanwhile hardly notices.
   */
  public static Workers background(String name) {
    return onePerCore(new YieldingThreads(name, () -> nice(BACKGROUND_NICE)));
  }

  /**
   * The same for work that holds no lock: whoever wants a core takes it from these threads at once,
   * where others may use up their turn, and they may get nothing for long.
   */
  public static Workers idle(String name) {
    return onePerCore(new YieldingThreads(name, YieldingThreads::useIdleCoresOnly));
  }

  private static Workers onePerCore(ThreadFactory threads) {
    return new Workers(Runtime.getRuntime().availableProcessors(), threads);
  }

  @Override
  public Thread newThread(Runnable work) {
    return threads.newThread(
        () -> {
          if (LINUX) {
            stepBack();
          }
          work.run();
        });
  }

  private void stepBack() {
    try {
      stepBack.run();
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError("a C call throws nothing", e);
    }
  }

  /**
   * @param steps behind the thread that started this one, which is where the operator put the node
   */
  private static void nice(int steps) throws Throwable {
    int unused = (int) Calls.NICE.invokeExact(steps); // never refused
  }

  private static void useIdleCoresOnly() throws Throwable {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment noPriority = arena.allocate(Calls.SCHED_PARAM);
      int failed =
          (int)
              Calls.SCHED_SETSCHEDULER.invokeExact(Calls.THIS_THREAD, Calls.SCHED_IDLE, noPriority);
      if (failed != 0) { // containers may forbid it
        nice(BACKGROUND_NICE);
      }
    }
  }

  /**
   * Source: nice(2), sched_setscheduler(2) and sched(7) of Linux, where both concern the calling
   * thread alone. Bound on first use: linking costs some milliseconds that a start need not pay.
   */
  private static final class Calls {
    static final int THIS_THREAD = 0;
    static final int SCHED_IDLE = 5;

    /** Its one member, the priority, must be 0. */
    static final MemoryLayout SCHED_PARAM = ValueLayout.JAVA_INT;

    static final MethodHandle NICE = bind("nice", ValueLayout.JAVA_INT);
    static final MethodHandle SCHED_SETSCHEDULER =
        bind("sched_setscheduler", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS);

    @SuppressWarnings("restricted") // the launcher enables native access
    private static MethodHandle bind(String name, MemoryLayout... arguments) {
      Linker linker = Linker.nativeLinker();
      return linker.downcallHandle(
          linker.defaultLookup().find(name).orElseThrow(),
          FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments));
    }
  }
}
