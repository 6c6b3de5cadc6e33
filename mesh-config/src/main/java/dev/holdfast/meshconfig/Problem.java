package dev.holdfast.meshconfig;

/**
 * One thing wrong in a configuration file.
 *
 * @param path the way to the value, {@code sync[0].max-depth}; empty for the document itself
 * @param found what is there, with its kind when the kind is wrong
 * @param expected what would be accepted
 * @param hint one sentence on how to mend it, or empty
 */
public record Problem(Origin at, String path, String found, String expected, String hint) {

  /** {@code file:line:column: path: found X, expected Y. hint}. */
  @Override
  public String toString() {
    return at
        + ": "
        + (path.isEmpty() ? "" : path + ": ")
        + "found "
        + found
        + ", expected "
        + expected
        + (hint.isEmpty() ? "" : ". " + hint);
  }
}
