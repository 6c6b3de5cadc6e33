package dev.holdfast.chunkstore.simulation;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/** A lock among actors: who waits lets others go on. */
final class TurnLock implements Lock {
  private final Turns turns;
  private @Nullable Object owner;
  private int count;

  TurnLock(Turns turns) {
    this.turns = turns;
  }

  @Override
  public void lock() {
    Object self = Turns.current();
    if (self == null) {
      return; // outside of the simulation nobody else runs
    }
    while (owner != null && !self.equals(owner)) {
      turns.step();
    }
    owner = self;
    count++;
  }

  @Override
  public void unlock() {
    if (Turns.current() != null && --count == 0) {
      owner = null;
    }
  }

  @Override
  public boolean tryLock() {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean tryLock(long time, TimeUnit unit) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void lockInterruptibly() {
    throw new UnsupportedOperationException();
  }

  @Override
  public Condition newCondition() {
    throw new UnsupportedOperationException();
  }
}
