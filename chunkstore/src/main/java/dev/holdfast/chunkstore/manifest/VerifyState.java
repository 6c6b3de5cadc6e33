package dev.holdfast.chunkstore.manifest;

import java.util.Locale;

/**
 * The outcome of the last verification of a snapshot.
 *
 * @param upid the task that found it
 */
public record VerifyState(State state, String upid) {
  /** What a verification can find. */
  public enum State {
    OK,
    FAILED;

    /** The name in manifests and on the wire: {@code ok}, {@code failed}. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
