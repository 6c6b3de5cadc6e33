package dev.holdfast.chunkstore.chunk;

import dev.holdfast.chunkstore.error.BackupException;
import java.util.Locale;

/** When written data is made durable: the datastore's {@code sync-level} (spec/formats.md §1.4). */
public enum SyncLevel {
  /** Never; after a power failure recent backups may be damaged. */
  NONE,
  /** Every chunk before it becomes visible; every other file before its snapshot does. */
  FILE,
  /** The whole file system once, before a snapshot becomes visible. */
  FILESYSTEM;

  public static SyncLevel parse(String text) {
    return switch (text) {
      case "none" -> NONE;
      case "file" -> FILE;
      case "filesystem" -> FILESYSTEM;
      default ->
          throw BackupException.invalid(
              "invalid sync-level '" + text + "': expected none, file or filesystem");
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
