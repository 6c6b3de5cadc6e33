package dev.holdfast.node.traffic;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.meshconfig.ByteSize;

/** A number of bytes as an argument or a parameter: see {@link ByteSize}. */
public record ByteCount(long bytes) {
  public static final String GRAMMAR = "a number of bytes such as 512, 10MB or 1.5GiB";

  public static ByteCount parse(String text) {
    try {
      return new ByteCount(ByteSize.parse(text.strip()));
    } catch (BackupException e) {
      throw BackupException.invalid(
          "'" + text + "' is no number of bytes: expected e.g. 512, 10MB or 1.5GiB");
    }
  }
}
