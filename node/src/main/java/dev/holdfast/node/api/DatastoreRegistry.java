package dev.holdfast.node.api;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.DatastoreDestruction;
import dev.holdfast.chunkstore.datastore.Lease;
import dev.holdfast.chunkstore.datastore.Leases;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Holds;
import dev.holdfast.node.access.SectionConfig;
import dev.holdfast.node.access.StateDirectory;
import dev.holdfast.node.access.StateFile;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The datastores of this node, open: those of {@code datastore.cfg}, made by API calls, and those
 * that {@code mesh.yaml} declares. One that cannot be opened does not stop the node; whoever asks
 * for it gets the reason. Any thread; blocks.
 */
public final class DatastoreRegistry implements AutoCloseable {

  private final FileOps files;
  private final SecureRandom random;
  private final InstantSource clock;
  private final StateFile<SectionConfig> file;
  private final RemovedSnapshots removed;
  private final DeclaredStores declaredBefore;
  private final DeclaredMaintenance declaredMaintenance;

  /** Changed with this registry's monitor held, which lookups do not wait for. */
  private final ConcurrentNavigableMap<DatastoreName, RegisteredStore> entries =
      new ConcurrentSkipListMap<>();

  private DatastoreRegistry(StateDirectory directory, InstantSource clock) {
    this.files = directory.files();
    this.random = directory.random();
    this.clock = clock;
    this.removed = new RemovedSnapshots(directory);
    this.declaredBefore = new DeclaredStores(directory);
    this.declaredMaintenance = new DeclaredMaintenance(directory);
    this.file =
        new StateFile<>(
            directory, "datastore.cfg", DatastoreConfig::parseFile, SectionConfig::format);
  }

  /** Opens everything that {@code datastore.cfg} lists. */
  public static DatastoreRegistry open(StateDirectory directory, InstantSource clock) {
    DatastoreRegistry registry = new DatastoreRegistry(directory, clock);
    registry.file.value().sections().forEach(s -> registry.openListed(DatastoreConfig.of(s)));
    return registry;
  }

  private synchronized void openListed(DatastoreConfig config) {
    RegisteredStore store = new RegisteredStore(config, false, this::open);
    store.openOrRemember();
    entries.put(config.name(), store);
  }

  private Datastore open(DatastoreConfig config) {
    return open(config, Holds.NONE);
  }

  private Datastore open(DatastoreConfig config, Holds holds) {
    return Datastore.open(
        config.name(), files, config.path(), config.syncLevel(), holds, clock, random);
  }

  /**
   * Opens a store that mesh.yaml declares, making it when its directory never had one; offline its
   * directory is left alone. Throws when that cannot be, or when {@code datastore.cfg} has the name
   * with another path.
   *
   * @param holds of its namespaces, which only mesh.yaml can declare
   */
  public synchronized void declare(DatastoreConfig declared, Holds holds) {
    DatastoreConfig config = declaredMaintenance.of(declared);
    RegisteredStore known = entries.get(config.name());
    if (known != null && !known.config().path().equals(config.path())) {
      throw new BackupException(
          Kind.ALREADY_EXISTS,
          "datastore '"
              + config.name()
              + "' is declared with path '"
              + config.path()
              + "', but datastore.cfg has it with path '"
              + known.config().path()
              + "'");
    }
    RegisteredStore store = new RegisteredStore(config, true, now -> open(now, holds));
    if (store.mayBeOpen()) {
      if (!Datastore.exists(files, config.path())) {
        declaredBefore.requireNeverSeen(config.name(), config.path());
        Datastore.create(files, config.path());
      }
      declaredBefore.seen(config.name(), config.path());
    }
    if (known != null) {
      known.close();
    }
    store.open();
    entries.put(config.name(), store);
  }

  /** Remembers a declared store that {@link #declare} could not open; whoever asks is told why. */
  public synchronized void declareBroken(
      DatastoreConfig declared, Holds holds, BackupException problem) {
    DatastoreConfig config = declaredMaintenance.of(declared);
    RegisteredStore store = new RegisteredStore(config, true, now -> open(now, holds));
    store.remember(problem);
    entries.put(config.name(), store);
  }

  /** Makes a store in its directory, opens it and writes it down. */
  public synchronized void create(DatastoreConfig config) {
    requireNew(config);
    StoreDirectory.requireEmpty(config.path());
    Datastore.create(files, config.path());
    add(config);
  }

  /** Opens the store that is in its directory already, as it is, and writes it down. */
  public synchronized void adopt(DatastoreConfig config) {
    requireNew(config);
    StoreDirectory.requireUsable(config.path());
    add(config);
  }

  private void add(DatastoreConfig config) {
    RegisteredStore store = new RegisteredStore(config, false, this::open);
    store.open();
    try {
      file.update(old -> old.with(config.section()));
    } catch (RuntimeException e) {
      store.close();
      throw e;
    }
    entries.put(config.name(), store);
  }

  /**
   * Throws ALREADY_EXISTS when the name is taken, or when the directory is that of another store,
   * in it or around it: as a store of its own, a namespace of the other would be free of its holds,
   * and its chunks would be swept. INVALID_INPUT for a path that is none for a store, and for any
   * other property that cannot be.
   */
  public synchronized void requireNew(DatastoreConfig config) {
    config.requireReadable();
    if (entries.containsKey(config.name())) {
      throw new BackupException(
          Kind.ALREADY_EXISTS, "datastore '" + config.name() + "' already exists.");
    }
    StoreDirectory.requirePlausible(config.path());
    for (RegisteredStore other : entries.values()) {
      Path taken = other.config().path();
      if (StorePaths.overlap(taken, config.path())) {
        throw new BackupException(
                Kind.ALREADY_EXISTS,
                "path '"
                    + config.path()
                    + "' is already used by datastore '"
                    + other.config().name()
                    + "', which has '"
                    + taken
                    + "'")
            .advise("Choose a directory that is neither in nor above that of another datastore.");
      }
    }
  }

  /**
   * Changes the configuration of a store of {@code datastore.cfg}, or the maintenance mode of any.
   * Its path stays; how it syncs to disk counts as soon as nobody uses it. Offline it is closed
   * then.
   *
   * @param digest as in {@link StateFile#update(String, UnaryOperator)}, of {@link #configDigest}
   */
  public synchronized void change(
      @Nullable String digest, DatastoreName name, UnaryOperator<DatastoreConfig> change) {
    RegisteredStore store = known(name);
    DatastoreConfig old = store.config();
    DatastoreConfig changed = change.apply(old);
    if (store.declared() && !changed.withoutMaintenance().equals(old.withoutMaintenance())) {
      throw declared(name);
    }
    changed.requireReadable();
    requireAllowed(old.maintenance(), changed);
    if (store.declared()) {
      declaredMaintenance.set(digest, name, changed.maintenanceText());
    } else {
      file.update(digest, all -> all.with(changed.section()));
    }
    store.configure(changed);
  }

  private static void requireAllowed(@Nullable MaintenanceMode old, DatastoreConfig changed) {
    MaintenanceMode next = changed.maintenance();
    if (Objects.equals(old, next)) {
      return;
    }
    if (old != null && !old.endsOnRequest()) {
      throw BackupException.invalid("datastore '" + changed.name() + "' is being deleted")
          .advise("Delete it again, with its data, to bring that to its end.");
    }
    if (next != null) {
      var unused = next.requireChosenByPeople();
    }
  }

  /**
   * Forgets a store of {@code datastore.cfg}; its directory stays as it is. Whoever uses it now
   * goes on to his end, then it is closed.
   */
  public synchronized void forget(@Nullable String digest, DatastoreName name) {
    RegisteredStore store = listed(name);
    store.requireNotDestroying();
    file.update(digest, old -> old.without(name.text()));
    entries.remove(name);
    store.forget();
  }

  // ---- destruction ----

  /**
   * Writes down that the data of a store of {@code datastore.cfg} are to be destroyed, after which
   * only {@link #destroy} can be done with it, and closes it.
   *
   * @throws BackupException LOCKED when somebody uses it: nothing changes then; NOT_FOUND when
   *     there is no datastore in its directory
   */
  public synchronized void beginDestruction(@Nullable String digest, DatastoreName name) {
    RegisteredStore store = listed(name);
    DatastoreConfig deleting = store.config().withMaintenance(MaintenanceMode.deleting());
    DatastoreDestruction.requireSomething(files, deleting.path());
    store.beginDestruction(
        deleting, () -> file.update(digest, old -> old.with(deleting.section())));
  }

  /**
   * Destroys the data of a store after {@link #beginDestruction}, and forgets it. After an error
   * both can be done again.
   *
   * @param onData what to do when the data are gone and the store is not forgotten yet
   * @return whether its directory is gone, too; else something is in it that is not the store's
   */
  public boolean destroy(
      DatastoreName name, DatastoreDestruction.Watcher watcher, Runnable onData) {
    RegisteredStore store = listed(name);
    try (Lease held = store.lockDestruction();
        DatastoreDestruction destruction =
            DatastoreDestruction.begin(files, store.config().path())) {
      destruction.removeData(watcher);
      removed.clear(name);
      onData.run();
      file.update(old -> old.without(name.text()));
      boolean gone = destruction.removeRest();
      synchronized (this) {
        entries.remove(name);
      }
      return gone;
    }
  }

  private RegisteredStore listed(DatastoreName name) {
    RegisteredStore entry = known(name);
    if (entry.declared()) {
      throw declared(name);
    }
    return entry;
  }

  private RegisteredStore known(DatastoreName name) {
    RegisteredStore entry = entries.get(name);
    if (entry == null) {
      throw BackupException.notFound("datastore '" + name + "' does not exist.");
    }
    return entry;
  }

  private static BackupException declared(DatastoreName name) {
    return BackupException.invalid(
            "datastore '" + name + "' is declared in mesh.yaml; change it there")
        .advise("Only its maintenance-mode is set here.");
  }

  // ---- use ----

  /**
   * For reading. Throws INVALID_INPUT when there is none of that name, or when it is offline.
   *
   * @param until the store stays open until their end, and is not destroyed before
   */
  public Datastore reading(DatastoreName name, Leases until) {
    return entry(name).use(false, until);
  }

  /** For writing, which a store in maintenance refuses; else as {@link #reading}. */
  public Datastore writing(DatastoreName name, Leases until) {
    return entry(name).use(true, until);
  }

  /** How many use it now: sessions, tasks, calls that are not answered yet. */
  public RegisteredStore.Operations operations(DatastoreName name) {
    return entry(name).operations();
  }

  private RegisteredStore entry(DatastoreName name) {
    RegisteredStore entry = entries.get(name);
    if (entry == null) {
      throw unknown(name);
    }
    return entry;
  }

  private static BackupException unknown(DatastoreName name) {
    return BackupException.invalid("no such datastore '" + name + "'");
  }

  /** Of a store that may be offline. Throws INVALID_INPUT when there is none of that name. */
  public DatastoreConfig requireConfig(DatastoreName name) {
    DatastoreConfig config = config(name);
    if (config == null) {
      throw unknown(name);
    }
    return config;
  }

  /** By name. */
  public List<DatastoreConfig> configs() {
    return entries.values().stream().map(RegisteredStore::config).toList();
  }

  /** Null when there is none. */
  public @Nullable DatastoreConfig config(DatastoreName name) {
    RegisteredStore entry = entries.get(name);
    return entry == null ? null : entry.config();
  }

  public boolean isDeclared(DatastoreName name) {
    RegisteredStore entry = entries.get(name);
    return entry != null && entry.declared();
  }

  /**
   * Those that are open now, by name: to look at, not to use, since nothing keeps them from being
   * closed.
   */
  public SortedMap<DatastoreName, Datastore> stores() {
    SortedMap<DatastoreName, Datastore> open = new TreeMap<>();
    entries.forEach(
        (name, entry) -> {
          Datastore store = entry.store();
          if (store != null) {
            open.put(name, store);
          }
        });
    return Collections.unmodifiableSortedMap(open);
  }

  /** What was forgotten or pruned here. */
  public RemovedSnapshots removed() {
    return removed;
  }

  /** SHA-256 of the file that {@link #change} changes for a store, in hex. */
  public String configDigest(DatastoreName name) {
    return isDeclared(name) ? declaredMaintenance.digest() : fileDigest();
  }

  /** SHA-256 of {@code datastore.cfg}, in hex. */
  public String fileDigest() {
    return file.load().digest().hex();
  }

  @Override
  public synchronized void close() {
    entries.values().forEach(RegisteredStore::close);
    entries.clear();
  }
}
