package dev.holdfast.chunkstore.file;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Goes from directory to directory and asks of names in it, without resolving a path for each
 * question: a sweep asks two things of each of millions of files. For one thread; blocks.
 */
public interface DirectoryWalker extends Closeable {
  /** Enters a directory and leaves the one before. False when there is none of that name. */
  boolean enter(Path directory) throws IOException;

  /** All names but {@code .} and {@code ..}, unordered. */
  List<String> names() throws IOException;

  /** Null when there is nothing of that name. */
  FileOps.@Nullable Stat stat(String name) throws IOException;

  /** As {@link FileOps#touch}. */
  void touch(String name, Instant accessTime) throws IOException;

  /** As {@link FileOps#delete}, of a file. */
  void delete(String name) throws IOException;
}
