package dev.holdfast.chunkstore.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Decides who runs: of all actors, each a thread, one at a time, from one step to the next. Which
 * one follows from the seed alone, so a seed is a history that can be seen again.
 */
final class Turns {
  /** More is a lock that nobody gives back. */
  private static final int STEPS_MAX = 100_000;

  private static final int FREEZE_ONE_IN = 40;
  private static final int FROZEN_STEPS_MAX = 400;

  private static final ThreadLocal<Actor> CURRENT = new ThreadLocal<>();

  private final Random random;
  private final Runnable beforeStep;
  private final Semaphore back = new Semaphore(0);
  private final List<Actor> actors = new ArrayList<>();
  private boolean powerLost;
  private @Nullable Actor frozen;
  private int thawedAt;

  /** Ends an actor whose machine has no power any more. */
  static final class PowerLost extends Error {
    private static final long serialVersionUID = 1L;

    PowerLost() {
      super("the power is gone", null, false, false);
    }
  }

  private static final class Actor {
    final Semaphore turn = new Semaphore(0);
    boolean ended;
    @Nullable Throwable failure;
  }

  /**
   * @param beforeStep runs before each step, when nobody else does: moves the clock
   */
  Turns(Random random, Runnable beforeStep) {
    this.random = random;
    this.beforeStep = beforeStep;
  }

  void add(Runnable work) {
    Actor actor = new Actor();
    actors.add(actor);
    Thread.startVirtualThread(
        () -> {
          CURRENT.set(actor);
          actor.turn.acquireUninterruptibly();
          try {
            work.run();
          } catch (PowerLost e) {
            // as was to be
          } catch (Throwable e) {
            actor.failure = e;
          } finally {
            actor.ended = true;
            back.release();
          }
        });
  }

  /**
   * Called by an actor wherever another one may come in between. Outside of all it does nothing.
   */
  void step() {
    Actor actor = CURRENT.get();
    if (actor == null) {
      return;
    }
    back.release();
    actor.turn.acquireUninterruptibly();
    if (powerLost) {
      throw new PowerLost();
    }
  }

  /**
   * Anyone, but now and then one is kept from running for a while: what takes others hundreds of
   * steps then falls between two of his.
   */
  private Actor choose(List<Actor> left, int step) {
    if (frozen == null && random.nextInt(FREEZE_ONE_IN) == 0) {
      frozen = left.get(random.nextInt(left.size()));
      thawedAt = step + random.nextInt(FROZEN_STEPS_MAX);
    }
    Actor next = left.get(random.nextInt(left.size()));
    if (next.equals(frozen) && step < thawedAt && left.size() > 1) {
      return left.get((left.indexOf(next) + 1) % left.size());
    }
    if (step >= thawedAt) {
      frozen = null;
    }
    return next;
  }

  /** Who runs now; null outside of all actors. */
  static @Nullable Object current() {
    return CURRENT.get();
  }

  /**
   * Runs all actors to their ends.
   *
   * @param powerLossAt at which step the power goes; 0 for never
   */
  void run(int powerLossAt) throws Throwable {
    List<Actor> left = new ArrayList<>(actors);
    for (int step = 1; !left.isEmpty(); step++) {
      if (step == powerLossAt) {
        powerLost = true;
      }
      if (step > STEPS_MAX) {
        throw new AssertionError(left.size() + " actors come to no end");
      }
      beforeStep.run();
      Actor next = choose(left, step);
      next.turn.release();
      back.acquireUninterruptibly();
      if (next.ended) {
        left.remove(next);
        if (next.failure != null) {
          throw next.failure;
        }
      }
    }
  }
}
