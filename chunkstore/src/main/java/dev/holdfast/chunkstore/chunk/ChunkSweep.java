package dev.holdfast.chunkstore.chunk;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.file.DirectoryWalker;
import dev.holdfast.chunkstore.file.FileErrors;
import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.work.Workers;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Visits the files of prefix directories and does with each what a judge says. Looking at a file,
 * judging and acting are one step that excludes inserting and touching the same chunk: a chunk
 * cannot be used again between the look and the removal. For one thread; blocks.
 */
public final class ChunkSweep implements Workers.Tool {
  private final ChunkStore store;
  private final DirectoryWalker walker;

  /** What is to be done with a file. */
  public enum Verdict {
    KEEP,
    /** Sets its access time to now. */
    TOUCH,
    REMOVE
  }

  /** Decides at once, with the chunk's lock held. */
  @FunctionalInterface
  public interface Judge {
    Verdict judge(ChunkFile file);
  }

  public ChunkSweep(ChunkStore store) {
    this.store = store;
    this.walker = store.files().walker();
  }

  /**
   * All chunks of one prefix, then all bad copies and unfinished files. A file that cannot be
   * removed stops the sweep.
   */
  public void prefix(int prefix, Judge judge) {
    Path directory = store.prefix(prefix);
    for (ChunkFile.Name name : names(directory)) {
      store.locked(name.digest(), () -> visit(directory, name, judge));
    }
  }

  private List<ChunkFile.Name> names(Path directory) {
    List<ChunkFile.Name> ours = new ArrayList<>();
    try {
      if (walker.enter(directory)) {
        for (String text : walker.names()) {
          ChunkFile.Name name = ChunkFile.Name.of(text);
          if (name != null) {
            ours.add(name);
          }
        }
      }
    } catch (IOException e) {
      throw FileErrors.of("cannot read chunk directory", directory, e);
    }
    ours.sort(Comparator.comparing(ChunkFile.Name::kind));
    return ours;
  }

  private @Nullable Void visit(Path directory, ChunkFile.Name name, Judge judge) {
    String doing = "cannot look at chunk";
    try {
      FileOps.Stat stat = walker.stat(name.text());
      if (stat == null || !stat.isRegular()) {
        return null; // removed or renamed since the directory was read
      }
      switch (judge.judge(new ChunkFile(name, stat))) {
        case KEEP -> {}
        case TOUCH -> {
          doing = "cannot touch chunk";
          walker.touch(name.text(), store.clock().instant());
        }
        case REMOVE -> {
          doing = "cannot remove chunk";
          walker.delete(name.text());
        }
      }
      return null;
    } catch (NoSuchFileException e) {
      return null; // an operator's rm, or the writer of an unfinished file that ended
    } catch (IOException e) {
      throw FileErrors.of(doing, directory.resolve(name.text()), e);
    }
  }

  /** Throws {@link BackupException} when the system reports an error only now. */
  @Override
  public void close() {
    try {
      walker.close();
    } catch (IOException e) {
      throw new BackupException(BackupException.Kind.INTERNAL, "cannot end a sweep: " + e, e);
    }
  }
}
