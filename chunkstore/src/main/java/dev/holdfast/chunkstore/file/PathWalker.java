package dev.holdfast.chunkstore.file;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A walker on any {@link FileOps}: each question is one about a whole path. */
final class PathWalker implements DirectoryWalker {
  private final FileOps files;
  private Path directory = Path.of("");
  private List<String> names = List.of();

  PathWalker(FileOps files) {
    this.files = files;
  }

  @Override
  public boolean enter(Path entered) throws IOException {
    directory = entered;
    try {
      names = DirectoryNames.of(files, entered);
      return true;
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  @Override
  public List<String> names() {
    return List.copyOf(names);
  }

  @Override
  public FileOps.@Nullable Stat stat(String name) throws IOException {
    return files.stat(directory.resolve(name));
  }

  @Override
  public void touch(String name, Instant accessTime) throws IOException {
    files.touch(directory.resolve(name), accessTime);
  }

  @Override
  public void delete(String name) throws IOException {
    files.delete(directory.resolve(name));
  }

  @Override
  public void close() {
    // holds nothing open
  }
}
