package dev.holdfast.node.api;

import dev.holdfast.chunkstore.error.BackupException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** How the directories of datastores lie to each other. */
final class StorePaths {
  private StorePaths() {}

  /**
   * Whether two are the same, or one is inside the other, by whatever links they are named.
   *
   * @throws BackupException INVALID_INPUT for a path that cannot be followed
   */
  static boolean overlap(Path one, Path other) {
    Path a = real(one);
    Path b = real(other);
    return a.startsWith(b) || b.startsWith(a);
  }

  /** With links resolved as far as there is anything. */
  private static Path real(Path path) {
    for (@Nullable Path there = path; there != null; there = there.getParent()) {
      try {
        return there.toRealPath().resolve(there.relativize(path)).normalize();
      } catch (NoSuchFileException e) {
        // made later; what is above it decides
      } catch (IOException e) {
        throw new BackupException(
            BackupException.Kind.INVALID_INPUT, "path '" + path + "' cannot be followed: " + e, e);
      }
    }
    return path.normalize();
  }
}
