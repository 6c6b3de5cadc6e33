package dev.holdfast.node.api;

import dev.holdfast.chunkstore.datastore.Datastore;
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
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The datastores of this node, open: those of {@code datastore.cfg}, made by API calls, and those
 * that {@code mesh.yaml} declares. One that cannot be opened does not stop the node; whoever asks
 * for it gets the reason. Any thread; blocks.
 */
public final class DatastoreRegistry implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DatastoreRegistry.class);

  private final FileOps files;
  private final SecureRandom random;
  private final InstantSource clock;
  private final StateFile<SectionConfig> file;
  private final RemovedSnapshots removed;
  private final DeclaredStores declaredBefore;
  private final Map<DatastoreName, Entry> entries = new TreeMap<>();

  /**
   * @param declared by mesh.yaml, so not to be changed here
   * @param store null when it could not be opened, for the reason that {@code problem} tells
   */
  private record Entry(
      DatastoreConfig config,
      boolean declared,
      @Nullable Datastore store,
      @Nullable BackupException problem) {}

  private DatastoreRegistry(StateDirectory directory, InstantSource clock) {
    this.files = directory.files();
    this.random = directory.random();
    this.clock = clock;
    this.removed = new RemovedSnapshots(directory);
    this.declaredBefore = new DeclaredStores(directory);
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
    try {
      entries.put(config.name(), new Entry(config, false, open(config, Holds.NONE), null));
    } catch (BackupException e) {
      LOG.error("datastore '{}' cannot be opened: {}", config.name(), e.text());
      entries.put(config.name(), new Entry(config, false, null, e));
    }
  }

  private Datastore open(DatastoreConfig config, Holds holds) {
    return Datastore.open(
        config.name(), files, config.path(), config.syncLevel(), holds, clock, random);
  }

  /**
   * Opens a store that mesh.yaml declares, making it when its directory never had one. Throws when
   * that cannot be, or when {@code datastore.cfg} has the name with another path.
   *
   * @param holds of its namespaces, which only mesh.yaml can declare
   */
  public synchronized void declare(DatastoreConfig config, Holds holds) {
    Entry known = entries.get(config.name());
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
    if (!Datastore.exists(files, config.path())) {
      declaredBefore.requireNeverSeen(config.name(), config.path());
      Datastore.create(files, config.path());
    }
    Datastore store = known == null ? null : known.store();
    if (store == null) {
      store = open(config, holds);
    } else {
      store.setHolds(holds);
    }
    entries.put(config.name(), new Entry(config, true, store, null));
    declaredBefore.seen(config.name(), config.path());
  }

  /** Remembers a declared store that {@link #declare} could not open; whoever asks is told why. */
  public synchronized void declareBroken(DatastoreConfig config, BackupException problem) {
    entries.put(config.name(), new Entry(config, true, null, problem));
  }

  /** Makes a store in its directory, opens it and writes it down. */
  public synchronized Datastore create(DatastoreConfig config) {
    requireNew(config);
    Datastore.create(files, config.path());
    return add(config);
  }

  /** Opens the store that is in its directory already, as it is, and writes it down. */
  public synchronized Datastore adopt(DatastoreConfig config) {
    requireNew(config);
    if (!Datastore.exists(files, config.path())) {
      throw BackupException.invalid("there is no datastore in '" + config.path() + "'");
    }
    return add(config);
  }

  private Datastore add(DatastoreConfig config) {
    Datastore store = open(config, Holds.NONE);
    try {
      file.update(old -> old.with(config.section()));
    } catch (RuntimeException e) {
      store.close();
      throw e;
    }
    entries.put(config.name(), new Entry(config, false, store, null));
    return store;
  }

  /**
   * Throws ALREADY_EXISTS when the name is taken, or when the directory is that of another store,
   * in it or around it: as a store of its own, a namespace of the other would be free of its holds,
   * and its chunks would be swept.
   */
  public synchronized void requireNew(DatastoreConfig config) {
    if (entries.containsKey(config.name())) {
      throw new BackupException(
          Kind.ALREADY_EXISTS, "datastore '" + config.name() + "' already exists.");
    }
    for (Entry entry : entries.values()) {
      Path taken = entry.config().path();
      if (StorePaths.overlap(taken, config.path())) {
        throw new BackupException(
                Kind.ALREADY_EXISTS,
                "path '"
                    + config.path()
                    + "' is already used by datastore '"
                    + entry.config().name()
                    + "', which has '"
                    + taken
                    + "'")
            .advise("Choose a directory that is neither in nor above that of another datastore.");
      }
    }
  }

  /**
   * Changes the configuration of a store of {@code datastore.cfg}. Its path stays; how it syncs to
   * disk counts from the next start.
   *
   * @param digest as in {@link StateFile#update(String, UnaryOperator)}
   */
  public synchronized void change(
      @Nullable String digest, DatastoreName name, UnaryOperator<DatastoreConfig> change) {
    Entry entry = listed(name);
    DatastoreConfig changed = change.apply(entry.config());
    var unused = changed.syncLevel(); // throws when it cannot be read
    file.update(digest, old -> old.with(changed.section()));
    entries.put(name, new Entry(changed, false, entry.store(), entry.problem()));
  }

  /**
   * Forgets a store of {@code datastore.cfg} and closes it; its directory stays as it is. What
   * still reads or writes there fails.
   */
  public synchronized void forget(@Nullable String digest, DatastoreName name) {
    Entry entry = listed(name);
    file.update(digest, old -> old.without(name.text()));
    entries.remove(name);
    if (entry.store() != null) {
      entry.store().close();
    }
  }

  private Entry listed(DatastoreName name) {
    Entry entry = entries.get(name);
    if (entry == null) {
      throw BackupException.notFound("datastore '" + name + "' does not exist.");
    }
    if (entry.declared()) {
      throw BackupException.invalid(
          "datastore '" + name + "' is declared in mesh.yaml; change it there");
    }
    return entry;
  }

  /** For reading. Throws INVALID_INPUT when there is none of that name, or when it is offline. */
  public Datastore reading(DatastoreName name) {
    return lookup(name, false);
  }

  /** For writing, which a store in maintenance refuses. */
  public Datastore writing(DatastoreName name) {
    return lookup(name, true);
  }

  private synchronized Datastore lookup(DatastoreName name, boolean writing) {
    Entry entry = entries.get(name);
    if (entry == null) {
      throw unknown(name);
    }
    DatastoreConfig.Maintenance maintenance = entry.config().maintenance();
    BackupException refusal = maintenance == null ? null : maintenance.refusal(name, writing);
    if (refusal != null) {
      throw refusal;
    }
    Datastore store = entry.store();
    if (store == null) {
      BackupException problem = entry.problem();
      throw new BackupException(
          problem == null ? Kind.INTERNAL : problem.kind(),
          "datastore '"
              + name
              + "' cannot be opened: "
              + (problem == null ? "unknown reason" : problem.text()),
          problem);
    }
    return store;
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
  public synchronized List<DatastoreConfig> configs() {
    return entries.values().stream().map(Entry::config).toList();
  }

  /** Null when there is none. */
  public synchronized @Nullable DatastoreConfig config(DatastoreName name) {
    Entry entry = entries.get(name);
    return entry == null ? null : entry.config();
  }

  public synchronized boolean isDeclared(DatastoreName name) {
    Entry entry = entries.get(name);
    return entry != null && entry.declared();
  }

  /** Those that are open, by name. */
  public synchronized SortedMap<DatastoreName, Datastore> stores() {
    SortedMap<DatastoreName, Datastore> open = new TreeMap<>();
    entries.forEach(
        (name, entry) -> {
          if (entry.store() != null) {
            open.put(name, entry.store());
          }
        });
    return Collections.unmodifiableSortedMap(open);
  }

  /** What was forgotten or pruned here. */
  public RemovedSnapshots removed() {
    return removed;
  }

  /** SHA-256 of {@code datastore.cfg}, in hex. */
  public String fileDigest() {
    return file.load().digest().hex();
  }

  @Override
  public synchronized void close() {
    for (Entry entry : new ArrayList<>(entries.values())) {
      if (entry.store() != null) {
        entry.store().close();
      }
    }
    entries.clear();
  }
}
