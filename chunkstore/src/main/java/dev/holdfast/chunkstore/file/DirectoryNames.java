package dev.holdfast.chunkstore.file;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads directories that are small enough to be held whole. */
public final class DirectoryNames {
  private DirectoryNames() {}

  /**
   * All names, unordered, in a list that is the caller's. Throws {@link
   * java.nio.file.NoSuchFileException} or {@link java.nio.file.NotDirectoryException} when there is
   * no such directory.
   */
  public static List<String> of(FileOps files, Path directory) throws IOException {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> entries = files.list(directory)) {
      for (Path entry : entries) {
        names.add(String.valueOf(entry.getFileName()));
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return names;
  }
}
