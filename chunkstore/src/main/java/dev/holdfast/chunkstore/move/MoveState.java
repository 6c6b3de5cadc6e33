package dev.holdfast.chunkstore.move;

import java.util.Locale;

/** How far a move is. */
public enum MoveState {
  /** At work, or interrupted at it when nobody works on it. */
  MOVING,
  /** All is at the target. */
  DONE,
  /** Ended before everything was at the target: to be taken up again or undone. */
  STOPPED,
  /** On the way back, or interrupted on it. */
  UNDOING,
  /** All that could go back is back. */
  UNDONE;

  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether nothing is left to be done. */
  public boolean isSettled() {
    return this == DONE || this == UNDONE;
  }
}
