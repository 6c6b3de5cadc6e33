package dev.holdfast.chunkstore.move;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.Lease;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.file.DirectoryNames;
import dev.holdfast.chunkstore.file.FileContent;
import dev.holdfast.chunkstore.file.FileErrors;
import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.model.DatastoreName;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The journal of one move, a file of the datastore that the snapshots leave: {@link
 * MoveJournalLines} has its grammar. Each line is durable before what it tells is done. Whoever has
 * it open has the move for himself.
 *
 * <pre>
 * &lt;base&gt;/.moves/&lt;YYYYMMDD'T'HHMMSS'Z'-xxxx&gt;          one move
 * &lt;base&gt;/.moves/&lt;…&gt;.new                             one that is begun, not yet durable
 * </pre>
 */
final class MoveJournal implements AutoCloseable {
  static final String DIRECTORY = Datastore.MOVES_DIRECTORY;

  /** A thousand groups of a thousand snapshots come to 12 MiB. */
  private static final long BYTES_MAX = 256L << 20;

  /** Of those that nothing is left to do for; older ones are removed. */
  private static final int SETTLED_KEPT_MAX = 100;

  private static final int DIRECTORY_MODE = 0755;
  private static final int FILE_MODE = 0644;
  private static final int NUMBER_MAX = 0xffff;
  private static final String BEGINNING = ".new";
  private static final Pattern NAME = Pattern.compile("[0-9]{8}T[0-9]{6}Z-[0-9a-f]{4}");
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final String name;
  private final Lease lease;
  private final FileOps.WritableFile file;
  private final List<MoveEntry> entries;

  /**
   * What a journal tells.
   *
   * @param target the datastore that the snapshots go to
   */
  record Content(
      String name,
      MoveRequest request,
      DatastoreName target,
      Instant began,
      List<MoveEntry> entries) {
    Content {
      entries = List.copyOf(entries);
    }

    MoveState state() {
      return entries.stream()
          .filter(MoveEntry.Became.class::isInstance)
          .map(e -> ((MoveEntry.Became) e).state())
          .reduce(MoveState.MOVING, (before, after) -> after);
    }
  }

  private MoveJournal(
      String name, Lease lease, FileOps.WritableFile file, List<MoveEntry> entries) {
    this.name = name;
    this.lease = lease;
    this.file = file;
    this.entries = new ArrayList<>(entries);
  }

  /** A new one; removes the oldest that are settled when there are many. */
  static MoveJournal begin(Datastore store, DatastoreName target, MoveRequest request) {
    makeDirectory(store);
    tidy(store);
    Instant now = store.clock().instant();
    String header = MoveJournalLines.header(request, target, now);
    String second = TIME.format(now);
    for (int number = 0; ; number++) { // so that names sort by age within a second
      String name = second + "-%04x".formatted(number);
      Lease lease = number < NUMBER_MAX ? tryLock(store, name) : store.lockMove(name);
      if (lease != null && names(store).contains(name)) {
        lease.close();
      } else if (lease != null) {
        return open(store, name, lease, header, List.of());
      }
    }
  }

  /** Null when somebody works on a move of that name. */
  private static @Nullable Lease tryLock(Datastore store, String name) {
    try {
      return store.lockMove(name);
    } catch (BackupException e) {
      if (e.kind() == BackupException.Kind.LOCKED) {
        return null;
      }
      throw e;
    }
  }

  /**
   * One that is there, to be written on: a copy takes its place, without a torn last line. It is
   * read when nobody else writes on it any more.
   */
  static MoveJournal takeUp(Datastore store, String name) {
    Lease lease = store.lockMove(name);
    try {
      Content content = read(store, name);
      String header = MoveJournalLines.header(content.request(), content.target(), content.began());
      return open(store, name, lease, header, content.entries());
    } catch (RuntimeException e) {
      lease.close();
      throw e;
    }
  }

  // Under its name it is whole from the first moment.
  private static MoveJournal open(
      Datastore store, String name, Lease lease, String header, List<MoveEntry> entries) {
    Path path = directory(store).resolve(name);
    Path beginning = path.resolveSibling(name + BEGINNING);
    FileOps.@Nullable WritableFile file = null;
    try {
      deleteIfExists(store, beginning);
      file = store.files().create(beginning, FILE_MODE);
      MoveJournal journal = new MoveJournal(name, lease, file, entries);
      StringBuilder text = new StringBuilder(header);
      entries.forEach(entry -> text.append(MoveJournalLines.line(entry)));
      journal.append(text.toString());
      store.files().rename(beginning, path);
      store.files().syncDirectory(directory(store));
      return journal;
    } catch (IOException e) {
      BackupException error =
          FileErrors.ofWrite(
              store.files(), "cannot write the journal of a move", path, header.length(), e);
      close(file, lease);
      throw error;
    } catch (RuntimeException e) {
      close(file, lease);
      throw e;
    }
  }

  private static void makeDirectory(Datastore store) {
    Path directory = directory(store);
    try {
      store.files().createDirectory(directory, DIRECTORY_MODE);
      store.files().syncDirectory(store.base());
    } catch (FileAlreadyExistsException e) {
      // of an earlier move
    } catch (IOException e) {
      throw FileErrors.ofWrite(store.files(), "cannot create directory", directory, 0, e);
    }
  }

  private static Path directory(Datastore store) {
    return store.base().resolve(DIRECTORY);
  }

  String name() {
    return name;
  }

  List<MoveEntry> entries() {
    return Collections.unmodifiableList(entries);
  }

  /** Durable when it returns. */
  void add(MoveEntry entry) {
    try {
      append(MoveJournalLines.line(entry));
    } catch (IOException e) {
      throw new BackupException(
              BackupException.Kind.INTERNAL,
              "cannot write the journal of move '" + name + "': " + e.getMessage(),
              e)
          .advise("Nothing of this step was done. Take the move up again, or undo it.");
    }
    entries.add(entry);
  }

  private void append(String lines) throws IOException {
    ByteBuffer left = ByteBuffer.wrap(lines.getBytes(StandardCharsets.UTF_8));
    while (left.hasRemaining()) {
      file.write(left);
    }
    file.force();
  }

  @Override
  public void close() {
    close(file, lease);
  }

  private static void close(FileOps.@Nullable WritableFile file, Lease lease) {
    try {
      if (file != null) {
        file.close();
      }
    } catch (IOException e) {
      // every line that counts was durable before
    } finally {
      lease.close();
    }
  }

  // What there is

  /**
   * By age, the oldest first. A file that is no journal is passed over, one that is damaged not.
   */
  static List<Content> list(Datastore store) {
    List<Content> found = new ArrayList<>();
    for (String name : names(store)) {
      found.add(read(store, name));
    }
    return found;
  }

  private static List<String> names(Datastore store) {
    Path directory = directory(store);
    try {
      return DirectoryNames.of(store.files(), directory).stream()
          .filter(name -> NAME.matcher(name).matches())
          .sorted()
          .toList();
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw FileErrors.of("cannot read directory", directory, e);
    }
  }

  /** NOT_FOUND, or CORRUPT_DATA with the line. */
  static Content read(Datastore store, String name) {
    if (!NAME.matcher(name).matches()) {
      throw BackupException.invalid(
          "invalid name of a move '" + name + "': expected YYYYMMDDTHHMMSSZ-xxxx");
    }
    Path path = directory(store).resolve(name);
    try {
      byte[] bytes = FileContent.read(store.files(), path, BYTES_MAX);
      return MoveJournalLines.parse(name, new String(bytes, StandardCharsets.UTF_8));
    } catch (NoSuchFileException e) {
      throw new BackupException(
              BackupException.Kind.NOT_FOUND,
              "datastore '" + store.name() + "' has no move '" + name + "'",
              e)
          .advise("'holdfast move list' shows those it has.");
    } catch (IOException e) {
      throw FileErrors.of("cannot read the journal of a move", path, e);
    }
  }

  private static void tidy(Datastore store) {
    List<Content> settled = list(store).stream().filter(c -> c.state().isSettled()).toList();
    for (int i = 0; i < settled.size() - SETTLED_KEPT_MAX; i++) {
      deleteIfExists(store, directory(store).resolve(settled.get(i).name()));
    }
  }

  private static void deleteIfExists(Datastore store, Path path) {
    try {
      store.files().delete(path);
    } catch (NoSuchFileException e) {
      // gone is what was asked for
    } catch (IOException e) {
      throw FileErrors.of("cannot remove", path, e);
    }
  }
}
