package dev.holdfast.chunkstore.file;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
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
    List<String> found = new ArrayList<>();
    try (DirectoryStream<Path> entries = files.list(entered)) {
      entries.forEach(entry -> found.add(String.valueOf(entry.getFileName())));
    } catch (NoSuchFileException e) {
      return false;
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    names = found;
    return true;
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
