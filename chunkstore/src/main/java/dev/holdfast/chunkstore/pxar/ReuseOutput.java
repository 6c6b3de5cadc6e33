package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Takes the contents of unchanged files over from the last backup (spec/formats.md §5.4).
 *
 * <p>A file is unchanged when its entry has the same mode, owner, modification time, flags,
 * attributes, access lists and size at the same path. Unchanged files whose contents lie one behind
 * the other there are a <em>run</em>. What comes while a run grows waits; when it ends, all chunks
 * that hold a part of it are put into the payload stream, or, if too much else is in them, its
 * files are read after all:
 *
 * <pre>
 *   last payload   |  chunk 7  |  chunk 8  |  chunk 9  |
 *   run                   [ a ][    b    ][ c ]
 *   padding         ~~~~~~                     ~~~~~~~~    at most a tenth of the chunks
 * </pre>
 */
final class ReuseOutput implements EntryOutput {
  /** Saves a file that is not open any more. */
  @FunctionalInterface
  interface LateFiles {
    void save(FoundFile file, DirectOutput output) throws IOException;
  }

  /** Foreign bytes allowed in the chunks of a run: one part in so many, as real clients have it. */
  static final int PADDING_PART = 10;

  /** Entries that wait: some 10 MiB. Beyond, the run is decided as far as its last whole chunk. */
  private static final int STEPS_MAX = 1 << 15;

  private static final long CHANGED = -1;

  private sealed interface Step {
    record Directory(PxarEntry.Directory entry) implements Step {}

    record EndDirectory() implements Step {}

    /**
     * @param start of its PAYLOAD header in the last payload stream
     */
    record Unchanged(FoundFile file, long start) implements Step {
      long end() {
        return start + PxarFormat.HEADER_BYTES + file.bytes();
      }
    }

    record HardLink(Bytes name, Bytes path, FoundFile.FirstLink first) implements Step {}

    record Other(PxarEntry.Node node) implements Step {}
  }

  private final DirectOutput direct;
  private final LateFiles late;
  private final TreeCount count;
  private final ChunkIndex payload;
  private @Nullable PxarAccessor previous;

  /** From the root to the current directory: the same one of the last backup, if it had it. */
  private final Deque<Optional<PxarNode>> directories = new ArrayDeque<>();

  private final List<Step> waiting = new ArrayList<>();
  private long runStart;
  private long runEnd;

  /** The last chunk that was taken over, while nothing stands behind it. */
  private @Nullable Tail tail;

  private long lastPosition;

  /**
   * @param position where it begins in the new payload stream
   */
  private record Tail(int chunk, long position) {}

  ReuseOutput(DirectOutput direct, PreviousArchive previous, LateFiles late, TreeCount count) {
    this.direct = direct;
    this.previous = previous.metadata();
    this.payload = previous.payload();
    this.late = late;
    this.count = count;
  }

  @Override
  public void directory(PxarEntry.Directory directory) throws IOException {
    directories.push(
        directories.isEmpty()
            ? Optional.ofNullable(previous).map(PxarAccessor::root)
            : previous(directory.name()).filter(PxarNode::isDirectory));
    putOff(new Step.Directory(directory));
  }

  @Override
  public void endDirectory() throws IOException {
    directories.pop();
    putOff(new Step.EndDirectory());
  }

  @Override
  public void hardLink(Bytes name, Bytes path, FoundFile.FirstLink first) throws IOException {
    putOff(new Step.HardLink(name, path, first));
  }

  @Override
  public void other(PxarEntry.Node node) throws IOException {
    putOff(new Step.Other(node));
  }

  @Override
  public void file(FoundFile file, InputStream content) throws IOException {
    long start = unchangedAt(file);
    if (start == CHANGED) {
      decideAll();
      direct.file(file, content);
      tail = null;
      return;
    }
    if (waiting.isEmpty() || start != runEnd) {
      decideAll();
      runStart = start;
    }
    Step.Unchanged step = new Step.Unchanged(file, start);
    runEnd = step.end();
    waiting.add(step);
    limitWaiting();
  }

  @Override
  public void finish() throws IOException {
    decideAll();
    direct.finish();
  }

  private void putOff(Step step) throws IOException {
    if (waiting.isEmpty()) {
      run(step);
    } else {
      waiting.add(step);
      limitWaiting();
    }
  }

  /** Where the file's content is in the last payload stream, or {@link #CHANGED}. */
  private long unchangedAt(FoundFile file) {
    Optional<PxarNode> found = previous(file.name());
    if (found.isPresent()
        && found.get().entry() instanceof PxarEntry.RegularFile before
        && before.bytes() == file.bytes()
        && before.stat().equals(file.stat())
        && before.metadata().equals(file.metadata())
        && before.bytes()
            <= payload.contentBytes() - PxarFormat.HEADER_BYTES - before.payloadPosition()) {
      return before.payloadPosition();
    }
    return CHANGED;
  }

  /** What the last backup had under this name in the current directory. */
  private Optional<PxarNode> previous(Bytes name) {
    Optional<PxarNode> directory = directories.element();
    if (previous == null || directory.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.ofNullable(previous.child(directory.get(), name));
    } catch (BackupException e) {
      if (e.kind() == Kind.CANCELLED) {
        throw e;
      }
      return noMoreReuse(e.text());
    } catch (IOException e) {
      return noMoreReuse(String.valueOf(e.getMessage()));
    }
  }

  private Optional<PxarNode> noMoreReuse(String reason) {
    previous = null;
    count.warn("from here on all files are read, the last backup cannot be: " + reason);
    return Optional.empty();
  }

  private void limitWaiting() throws IOException {
    if (waiting.size() < STEPS_MAX) {
      return;
    }
    long lastChunkStart = payload.start(payload.chunkAt(runEnd - 1));
    int whole = 0;
    long wholeEnd = runStart;
    for (int i = 0; i < waiting.size(); i++) {
      if (waiting.get(i) instanceof Step.Unchanged file && file.end() <= lastChunkStart) {
        whole = i + 1;
        wholeEnd = file.end();
      }
    }
    if (whole == 0) {
      decideAll();
    } else {
      List<Step> part = waiting.subList(0, whole);
      decide(part, runStart, wholeEnd);
      part.clear();
      runStart = wholeEnd;
    }
  }

  private void decideAll() throws IOException {
    if (!waiting.isEmpty()) {
      decide(waiting, runStart, runEnd);
      waiting.clear();
    }
  }

  private void decide(List<Step> steps, long start, long end) throws IOException {
    int first = payload.chunkAt(start);
    int last = payload.chunkAt(end - 1);
    Tail before = tail;
    boolean continues =
        before != null
            && before.chunk == first
            && before.position + start - payload.start(first) > lastPosition;
    int from = continues ? first + 1 : first;
    if (isWorthIt(from, last, Math.max(start, continues ? payload.end(first) : start), end)) {
      long base = takeOver(from, last);
      // A run that continues in the chunk of the one before has its new chunks right behind it.
      long shift =
          continues && before != null
              ? before.position - payload.start(first)
              : base - payload.start(first);
      for (Step step : steps) {
        if (step instanceof Step.Unchanged unchanged) {
          lastPosition = unchanged.start + shift;
          direct.reused(unchanged.file, lastPosition);
        } else {
          run(step);
        }
      }
    } else {
      tail = null;
      for (Step step : steps) {
        run(step);
      }
    }
  }

  /** Whether the chunks from {@code from} to {@code last} hold little beside the bytes wanted. */
  private boolean isWorthIt(int from, int last, long wantedStart, long wantedEnd) {
    long bytes = from > last ? 0 : payload.end(last) - payload.start(from);
    long padding = bytes - Math.max(0, wantedEnd - wantedStart);
    return padding * PADDING_PART <= bytes;
  }

  /** Returns where the first of them begins, 0 for none. */
  private long takeOver(int from, int last) throws IOException {
    long base = 0;
    for (int chunk = from; chunk <= last; chunk++) {
      long position = direct.writer().reuse(payload.digest(chunk), payload.chunkBytes(chunk));
      if (chunk == from) {
        base = position;
      }
      tail = new Tail(chunk, position);
    }
    return base;
  }

  private void run(Step step) throws IOException {
    switch (step) {
      case Step.Directory directory -> direct.directory(directory.entry);
      case Step.EndDirectory _ -> direct.endDirectory();
      case Step.HardLink link -> direct.hardLink(link.name, link.path, link.first);
      case Step.Other other -> direct.other(other.node);
      case Step.Unchanged unchanged -> late.save(unchanged.file, direct);
    }
  }
}
