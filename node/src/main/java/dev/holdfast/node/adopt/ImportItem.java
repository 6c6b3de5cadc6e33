package dev.holdfast.node.adopt;

import java.util.Locale;

/**
 * One thing of a configuration, and what becomes of it here.
 *
 * @param file that it stands in
 * @param id name within the file, or the file itself
 * @param reason why it is not as there, or what to know about it; empty when there is nothing to
 *     say
 */
public record ImportItem(String file, String id, Outcome outcome, String reason) {
  /** What becomes of it. */
  public enum Outcome {
    /** Is not here yet, and comes. */
    NEW,
    /** Is here already, the same. */
    SAME,
    /** Is here with other values, which stay. */
    KEPT,
    /** Has no place here. */
    LEFT_OUT;

    public String text() {
      return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }
}
