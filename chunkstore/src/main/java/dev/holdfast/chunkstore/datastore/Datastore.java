package dev.holdfast.chunkstore.datastore;

import dev.holdfast.chunkstore.chunk.ChunkStore;
import dev.holdfast.chunkstore.chunk.SyncLevel;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.file.AtomicFiles;
import dev.holdfast.chunkstore.file.FileErrors;
import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Holds;
import dev.holdfast.chunkstore.model.Holds.Held;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;

/**
 * An open datastore: a directory in PBS's layout, which this process has for itself while it is
 * open. The facade of the package; each concern is a class of its own beside it. All methods block
 * and may be called from any thread.
 *
 * <p>Locks are taken group, then snapshot, and never waited for: a busy object is LOCKED, with
 * PBS's words.
 */
public final class Datastore implements AutoCloseable {
  /** Journals of moves that began here. */
  public static final String MOVES_DIRECTORY = ".moves";

  /** What the last garbage collection found. */
  public static final String COLLECTION_STATUS_FILE = ".gc-status";

  private final ProcessLock processLock;
  private final StoreContext context;
  private final ChunkStore chunks;
  private final Namespaces namespaces;
  private final Snapshots snapshots;
  private final Groups groups;
  private final Removal removal;

  private Datastore(ProcessLock processLock, StoreContext context, ChunkStore chunks) {
    this.processLock = processLock;
    this.context = context;
    this.chunks = chunks;
    this.namespaces = new Namespaces(context);
    this.snapshots = new Snapshots(context);
    this.groups = new Groups(context, namespaces, snapshots);
    this.removal = new Removal(context, namespaces, groups, snapshots);
  }

  /**
   * Makes a datastore in a directory, which may exist, but not hold one; missing parents are made.
   * An interrupted creation is completed.
   *
   * @param base absolute
   * @throws BackupException INVALID_INPUT when the path cannot be used, ALREADY_EXISTS
   */
  public static void create(FileOps files, Path base) {
    if (!base.isAbsolute()) {
      throw BackupException.invalid("datastore path '" + base + "' is not absolute");
    }
    try {
      makeDirectories(files, base);
      ChunkStore.create(files, base);
    } catch (BackupException e) {
      throw e.kind() == Kind.INTERNAL ? unusable(base, e) : e;
    }
  }

  private static void makeDirectories(FileOps files, Path directory) {
    if (Directories.isDirectory(files, directory)) {
      return;
    }
    Path parent = directory.getParent();
    if (parent != null) {
      makeDirectories(files, parent);
    }
    if (!Directories.ensure(files, directory)) {
      throw BackupException.invalid("'" + directory + "' is in the way: expected a directory");
    }
  }

  // The operator chose the path, so that it cannot be written is an error in what he gave.
  private static BackupException unusable(Path base, BackupException cause) {
    return new BackupException(
            Kind.INVALID_INPUT,
            "datastore path '" + base + "' cannot be used: " + cause.text(),
            cause)
        .with("path", base)
        .advise("Choose a directory that the user of the node may write to.");
  }

  /** Whether a directory holds a datastore, whole or begun. */
  public static boolean exists(FileOps files, Path base) {
    return Directories.isDirectory(files, base.resolve(ChunkStore.DIRECTORY));
  }

  /**
   * Opens an existing one and locks it against other processes: LOCKED when somebody has it.
   *
   * @param holds obeyed by every removal, until {@link #setHolds} gives others
   * @param random makes UUIDs and temporary names; guarded here, needs not be thread-safe
   */
  public static Datastore open(
      DatastoreName name,
      FileOps files,
      Path base,
      SyncLevel syncLevel,
      Holds holds,
      InstantSource clock,
      RandomGenerator random) {
    return open(name, files, base, syncLevel, holds, clock, random, ReentrantLock::new);
  }

  /**
   * As the other.
   *
   * @param locks makes what threads exclude each other with, for a simulation that decides who runs
   */
  public static Datastore open(
      DatastoreName name,
      FileOps files,
      Path base,
      SyncLevel syncLevel,
      Holds holds,
      InstantSource clock,
      RandomGenerator random,
      Supplier<Lock> locks) {
    ChunkStore chunks = ChunkStore.open(files, base, syncLevel, clock, random, locks);
    ProcessLock lock = ProcessLock.take(base);
    StoreContext context =
        new StoreContext(
            name,
            files,
            new DatastoreLayout(base),
            new AtomicFiles(files, AtomicFiles.DATA_MODE, random),
            random,
            clock,
            syncLevel,
            new LockTable(),
            new WriterGuards(clock),
            new ManifestLocks(locks),
            new Relocations(),
            locks.get(),
            new CurrentHolds(holds));
    return new Datastore(lock, context, chunks);
  }

  public DatastoreName name() {
    return context.name();
  }

  public Path base() {
    return context.layout().base();
  }

  public ChunkStore chunks() {
    return chunks;
  }

  /** The files below {@link #base}, for walks that the listings here do not offer. */
  public FileOps files() {
    return context.files();
  }

  public InstantSource clock() {
    return context.clock();
  }

  /** Of the generator that came in. */
  public long randomNumber() {
    synchronized (context.random()) {
      return context.random().nextLong();
    }
  }

  public FileOps.Space space() {
    try {
      return context.files().space(base());
    } catch (IOException e) {
      throw FileErrors.of("cannot look at", base(), e);
    }
  }

  /** What is held here and how long. */
  public Holds holds() {
    return context.holds().get();
  }

  /** For whoever reads the operator's file again; nobody else may. */
  public void setHolds(Holds holds) {
    context.holds().set(holds);
  }

  /** What keeps a snapshot from being removed or replaced now; an unfinished one is not held. */
  public Optional<Held> held(Namespace namespace, SnapshotId snapshot) {
    return snapshots.held(namespace, snapshot);
  }

  public SyncLevel syncLevel() {
    return context.syncLevel();
  }

  /** Makes everything written so far durable, when the level is {@code filesystem}. */
  public void sync() {
    if (context.syncLevel() == SyncLevel.FILESYSTEM) {
      try {
        context.files().syncFileSystem(base());
      } catch (IOException e) {
        throw FileErrors.of("cannot sync", base(), e);
      }
    }
  }

  /** To be held by whoever adds chunks, while he does. */
  public WriterGuard openWriter() {
    return context.writers().open();
  }

  /** When the oldest writer that is open now began. */
  public Optional<Instant> oldestWriter() {
    return context.writers().oldest();
  }

  /**
   * The right to collect garbage; LOCKED when somebody collects already. It excludes nothing else.
   */
  public Lease lockCollection() {
    Lease lease = context.locks().tryTake(new LockTable.CollectionKey(), LockTable.Mode.EXCLUSIVE);
    if (lease == null) {
      throw new BackupException(
          Kind.LOCKED,
          "unable to start garbage collection job on datastore " + name() + " - already running");
    }
    Lease watched = context.relocations().watch();
    return () -> {
      watched.close();
      lease.close();
    };
  }

  /**
   * The directories that snapshots were moved to since the collection's right was taken, or since
   * the last call; a name is here before the snapshot is there.
   */
  public List<Path> relocated() {
    return context.relocations().drain();
  }

  /** The right to work on a move; LOCKED when somebody does. */
  public Lease lockMove(String journal) {
    Lease lease = context.locks().tryTake(new LockTable.MoveKey(journal), LockTable.Mode.EXCLUSIVE);
    if (lease == null) {
      throw new BackupException(Kind.LOCKED, "move '" + journal + "' is running")
          .with("datastore", name());
    }
    return lease;
  }

  /** Whether somebody has {@link #lockMove}. */
  public boolean isMoving(String journal) {
    return context.locks().isHeld(new LockTable.MoveKey(journal));
  }

  /** Replaces a small file in the base directory; a reader sees the old content or the new. */
  public void replaceFile(String fileName, byte[] content) {
    Path file = base().resolve(fileName);
    context.tree().lock(); // or it would be taken for what somebody left who died
    try {
      context.atomic().replace(file, content, context.durable());
    } catch (IOException e) {
      throw FileErrors.ofWrite(context.files(), "cannot write", file, content.length, e);
    } finally {
      context.tree().unlock();
    }
  }

  // Namespaces

  /** The parent first, then what is below it, at most {@code maxDepth} levels. */
  public List<Namespace> namespaces(Namespace parent, int maxDepth) {
    return namespaces.list(parent, maxDepth);
  }

  public boolean namespaceExists(Namespace namespace) {
    return namespaces.exists(namespace);
  }

  /** Idempotent; the parent must exist. */
  public void createNamespace(Namespace namespace) {
    namespaces.create(namespace);
  }

  /** Idempotent; makes missing parents too. */
  public void createNamespaces(Namespace namespace) {
    namespaces.createAll(namespace);
  }

  /**
   * Deletes a namespace and all below it, deepest first; what was deleted before an error stays
   * deleted. Without {@code withGroups}, groups are INVALID_INPUT. Protected and held snapshots
   * keep their group and namespaces, and are counted. An absent namespace is fine without {@code
   * withGroups}, else NOT_FOUND (spec/protocols.md §7.4).
   */
  public DeleteStats deleteNamespace(Namespace namespace, boolean withGroups) {
    return removal.namespace(namespace, withGroups);
  }

  /** Whether it is gone now: anything in it keeps it. */
  public boolean removeEmptyNamespace(Namespace namespace) {
    removal.removeEmpty(namespace);
    return !namespaces.exists(namespace);
  }

  // Groups

  /** NOT_FOUND when there is no such namespace. */
  public List<GroupId> groups(Namespace namespace) {
    return groups.list(namespace);
  }

  /** NOT_FOUND when the group is not there. */
  public AuthId owner(Namespace namespace, GroupId group) {
    return groups.owner(namespace, group);
  }

  /** Empty when there is no such group. */
  public Optional<AuthId> ownerIfAny(Namespace namespace, GroupId group) {
    return Optional.ofNullable(groups.ownerIfAny(namespace, group));
  }

  public void setOwner(Namespace namespace, GroupId group, AuthId owner) {
    groups.setOwner(namespace, group, owner);
  }

  public String groupNotes(Namespace namespace, GroupId group) {
    return groups.notes(namespace, group);
  }

  public void setGroupNotes(Namespace namespace, GroupId group, String notes) {
    groups.setNotes(namespace, group, notes);
  }

  /**
   * Exclusive; makes the group, owned by {@code owner}, when it is not there. The caller compares
   * owners.
   */
  public GroupLock lockGroup(Namespace namespace, GroupId group, AuthId owner) {
    return groups.lock(namespace, group, owner);
  }

  /** Deletes all snapshots but protected and held ones, and the group when none is left. */
  public DeleteStats deleteGroup(Namespace namespace, GroupId group) {
    return removal.group(namespace, group);
  }

  /**
   * Removes a group without snapshots, whose lock the caller holds. False when there is a snapshot
   * directory in it: nothing is removed then.
   */
  public boolean removeEmptyGroup(GroupLock lock) {
    return groups.removeIfWithoutSnapshots(lock.namespace(), lock.group());
  }

  /**
   * Makes the names in a group's directory durable, and the way to it, at levels that ask for it.
   */
  public void syncGroup(Namespace namespace, GroupId group) {
    if (context.durable()) {
      Path directory = context.layout().group(namespace, group);
      try {
        Directories.syncUpTo(context.files(), base(), directory);
      } catch (IOException e) {
        throw FileErrors.of("cannot sync", directory, e);
      }
    }
  }

  // Snapshots

  /** All of a group by time, unfinished ones too; none when there is no such group. */
  public List<SnapshotId> snapshots(Namespace namespace, GroupId group) {
    return snapshots.list(namespace, group);
  }

  public boolean snapshotExists(Namespace namespace, SnapshotId snapshot) {
    return snapshots.exists(namespace, snapshot);
  }

  /** Whether its manifest is there and nobody is still writing it. */
  public boolean isFinished(Namespace namespace, SnapshotId snapshot) {
    return snapshots.isFinished(namespace, snapshot);
  }

  public Optional<SnapshotId> lastFinished(Namespace namespace, GroupId group) {
    return snapshots.lastFinished(namespace, group);
  }

  public SnapshotInfo info(Namespace namespace, SnapshotId snapshot) {
    return snapshots.info(namespace, snapshot);
  }

  public Manifest manifest(Namespace namespace, SnapshotId snapshot) {
    return snapshots.manifest(namespace, snapshot);
  }

  /** Without a change the file keeps its bytes. */
  public void updateManifest(
      Namespace namespace, SnapshotId snapshot, UnaryOperator<Manifest> change) {
    snapshots.updateManifest(namespace, snapshot, change);
  }

  /** A blob file as stored, unchecked. NOT_FOUND when absent. */
  public byte[] readBlob(Namespace namespace, SnapshotId snapshot, ArchiveName name) {
    return snapshots.readBlob(namespace, snapshot, name);
  }

  /** Any file as stored, unchecked. NOT_FOUND when absent, CORRUPT_DATA when longer. */
  public byte[] readFile(Namespace namespace, SnapshotId snapshot, ArchiveName name, int bytesMax) {
    return snapshots.readFile(namespace, snapshot, name, bytesMax);
  }

  /** NOT_FOUND when absent, CORRUPT_DATA when it is not an index. */
  public ChunkIndex readIndex(Namespace namespace, SnapshotId snapshot, ArchiveName name) {
    return ChunkIndex.read(context.files(), context.layout().file(namespace, snapshot, name), name);
  }

  /** As the other, with the checksum that the manifest gives, which then decides alone. */
  public ChunkIndex readIndex(
      Namespace namespace, SnapshotId snapshot, ArchiveName name, Digest checksum) {
    Path file = context.layout().file(namespace, snapshot, name);
    return ChunkIndex.read(context.files(), file, name, checksum);
  }

  /**
   * All index files in its directory by name, listed by the manifest or not; none when it is gone.
   */
  public List<ArchiveName> indexes(Namespace namespace, SnapshotId snapshot) {
    return snapshots.indexes(namespace, snapshot);
  }

  public boolean hasFile(Namespace namespace, SnapshotId snapshot, ArchiveName name) {
    return Directories.fileBytes(context.files(), context.layout().file(namespace, snapshot, name))
        >= 0;
  }

  /** A file's bytes; the caller closes. NOT_FOUND when absent. */
  public SeekableByteChannel openFile(Namespace namespace, SnapshotId snapshot, ArchiveName name) {
    Path file = context.layout().file(namespace, snapshot, name);
    try {
      return context.files().open(file);
    } catch (NoSuchFileException e) {
      throw new BackupException(
          Kind.NOT_FOUND,
          "open file \"" + context.layout().text(file) + "\" failed - not found",
          e);
    } catch (IOException e) {
      throw FileErrors.of("cannot open", file, e);
    }
  }

  public Path snapshotPath(Namespace namespace, SnapshotId snapshot) {
    return context.layout().snapshot(namespace, snapshot);
  }

  /** As texts show it, {@code ns/a/host/x/2024-…}: a client need not learn our paths. */
  public String relativePath(Namespace namespace, SnapshotId snapshot) {
    return context.layout().text(snapshotPath(namespace, snapshot));
  }

  public boolean isProtected(Namespace namespace, SnapshotId snapshot) {
    return snapshots.isProtected(namespace, snapshot);
  }

  public void setProtected(Namespace namespace, SnapshotId snapshot, boolean wanted) {
    snapshots.setProtected(namespace, snapshot, wanted);
  }

  public void addClientLog(Namespace namespace, SnapshotId snapshot, byte[] blob) {
    snapshots.addClientLog(namespace, snapshot, blob);
  }

  /** Against removal while it is read; NOT_FOUND when it is gone. */
  public Lease lockSnapshotShared(Namespace namespace, SnapshotId snapshot) {
    return lockExisting(namespace, snapshot, LockTable.Mode.SHARED, LockTexts.IN_USE);
  }

  /** As {@link #lockSnapshotShared}, for the snapshot that a running backup builds on. */
  public Lease lockBase(Namespace namespace, SnapshotId snapshot) {
    return lockExisting(namespace, snapshot, LockTable.Mode.SHARED, LockTexts.BASE_IN_USE);
  }

  /** For one who changes an existing snapshot; NOT_FOUND when it is gone. */
  public Lease lockSnapshotExclusive(Namespace namespace, SnapshotId snapshot) {
    return lockExisting(namespace, snapshot, LockTable.Mode.EXCLUSIVE, LockTexts.SNAPSHOT_IN_USE);
  }

  private Lease lockExisting(
      Namespace namespace, SnapshotId snapshot, LockTable.Mode mode, String why) {
    Lease lock = context.lockSnapshot(namespace, snapshot, mode, why);
    try {
      if (!snapshots.exists(namespace, snapshot)) {
        throw BackupException.notFound("snapshot " + snapshot + " does not exist.")
            .with("datastore", name())
            .with("namespace", namespace);
      }
      return lock;
    } catch (RuntimeException | Error e) {
      lock.close();
      throw e;
    }
  }

  /** Begins a new snapshot; the caller holds the group's lock. */
  public SnapshotWriter beginSnapshot(Namespace namespace, SnapshotId snapshot) {
    Lease lock =
        context.lockSnapshot(namespace, snapshot, LockTable.Mode.CREATING, LockTexts.IN_USE);
    try {
      if (!Directories.ensure(context.files(), context.layout().snapshot(namespace, snapshot))) {
        throw new BackupException(Kind.ALREADY_EXISTS, "backup directory already exists.")
            .with("namespace", namespace)
            .with("snapshot", snapshot);
      }
      return new SnapshotWriter(context, snapshots, namespace, snapshot, false, lock);
    } catch (RuntimeException | Error e) {
      lock.close();
      throw e;
    }
  }

  /**
   * Holds a finished snapshot to take over a newer state of it from its source; the caller holds
   * the group's lock. It stays listed as it is until the writer's end; aborting changes nothing.
   */
  public SnapshotWriter reopenSnapshot(Namespace namespace, SnapshotId snapshot) {
    Lease lock = lockExisting(namespace, snapshot, LockTable.Mode.EXCLUSIVE, LockTexts.IN_USE);
    return new SnapshotWriter(context, snapshots, namespace, snapshot, true, lock);
  }

  /**
   * Removes what crashes left of a group: snapshots without a manifest that nobody holds. The
   * caller holds the group's lock; returns what was removed.
   */
  public List<SnapshotId> removeUnfinished(Namespace namespace, GroupId group) {
    return removal.unfinished(namespace, group);
  }

  /**
   * Removes what a process left that ended in the middle of something: snapshots without a
   * manifest, groups without an owner and content, files that were to replace others. What somebody
   * works on is passed over. Looks at every snapshot; returns what was removed, as texts show it.
   */
  public List<String> removeRemains() {
    return removal.remains();
  }

  /** A protected one is refused unless {@code force}, a held one always. */
  public void deleteSnapshot(Namespace namespace, SnapshotId snapshot, boolean force) {
    removal.snapshot(namespace, snapshot, force);
  }

  /**
   * Removes a snapshot that another datastore has now, whatever protects or holds it here: there it
   * is held as long, or this is refused.
   *
   * @param to where the other one has it, finished
   */
  public void deleteMoved(Namespace namespace, SnapshotId snapshot, Datastore other, Namespace to) {
    if (!other.isFinished(to, snapshot)) {
      throw BackupException.notFound("snapshot " + snapshot + " is not in namespace '" + to + "'")
          .with("datastore", other.name());
    }
    if (other.holds().of(to).compareTo(holds().of(namespace)) < 0) {
      snapshots.requireFree(namespace, snapshot, "move snapshot " + snapshot);
    }
    removal.moved(namespace, snapshot);
  }

  /**
   * Moves a finished snapshot into its group in another namespace: at each moment it is in one of
   * them, whole. The caller holds the group in both, the snapshot exclusively, and makes it durable
   * by {@link #syncGroup}. ALREADY_EXISTS when the other has one of that time.
   */
  public void relocate(Namespace from, SnapshotId snapshot, Namespace to) {
    Path source = snapshotPath(from, snapshot);
    Path target = snapshotPath(to, snapshot);
    // Held, so that nobody rewrites the manifest in between.
    try (Lease manifest = context.manifestLocks().take(from, snapshot)) {
      if (snapshots.exists(to, snapshot)) {
        throw new BackupException(
                Kind.ALREADY_EXISTS,
                "snapshot " + snapshot + " exists in namespace '" + to + "' already")
            .with("datastore", name());
      }
      context.relocations().announce(target);
      context.files().rename(source, target);
    } catch (IOException e) {
      throw FileErrors.of("cannot move snapshot", source, e);
    }
  }

  @Override
  public void close() {
    processLock.close();
  }
}
