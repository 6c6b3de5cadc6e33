package dev.holdfast.meshconfig;

/**
 * Where something was written; API and UI show it for objects that a file owns.
 *
 * @param line from 1
 * @param column from 1, in code points
 */
public record Origin(String file, int line, int column) {
  @Override
  public String toString() {
    return file + ":" + line + ":" + column;
  }
}
