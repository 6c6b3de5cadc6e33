package dev.holdfast.chunkstore.model;

import dev.holdfast.chunkstore.error.BackupException;

/** The name of a datastore: SAFE_ID of 3 … 32 characters. */
public record DatastoreName(String text) implements Comparable<DatastoreName> {
  public static final int LENGTH_MIN = 3;
  public static final int LENGTH_MAX = 32;

  public DatastoreName {
    SafeId.require(text, "datastore name");
    if (text.length() < LENGTH_MIN || text.length() > LENGTH_MAX) {
      throw BackupException.invalid(
          "invalid datastore name '"
              + text
              + "': expected "
              + LENGTH_MIN
              + " to "
              + LENGTH_MAX
              + " characters");
    }
  }

  @Override
  public int compareTo(DatastoreName other) {
    return text.compareTo(other.text);
  }

  @Override
  public String toString() {
    return text;
  }
}
