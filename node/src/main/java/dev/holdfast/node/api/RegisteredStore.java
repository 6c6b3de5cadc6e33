package dev.holdfast.node.api;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.Lease;
import dev.holdfast.chunkstore.datastore.Leases;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.DatastoreName;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A datastore that the node knows, and who uses it. It is opened when it may be used, and closed,
 * or opened anew with other settings, only when nobody does. Any thread; blocks on files.
 */
public final class RegisteredStore {
  private static final Logger LOG = LoggerFactory.getLogger(RegisteredStore.class);

  private final boolean declared;
  private final Function<DatastoreConfig, Datastore> opener;

  // Guarded by this.
  private DatastoreConfig config;
  private @Nullable Datastore store;
  private @Nullable BackupException problem;
  private boolean outdated;
  private boolean forgotten;
  private boolean destroying;
  private long readers;
  private long writers;

  /** How many use a datastore at one moment. */
  public record Operations(long read, long write) {}

  /**
   * @param declared by mesh.yaml, so that only its maintenance mode is changed here
   */
  RegisteredStore(
      DatastoreConfig config, boolean declared, Function<DatastoreConfig, Datastore> opener) {
    this.config = config;
    this.declared = declared;
    this.opener = opener;
  }

  boolean declared() {
    return declared;
  }

  synchronized DatastoreConfig config() {
    return config;
  }

  /** Null when it is not open. */
  synchronized @Nullable Datastore store() {
    return store;
  }

  synchronized Operations operations() {
    return new Operations(readers, writers);
  }

  // ---- opening and closing ----

  /** Throws when it cannot be opened; does nothing in a maintenance that leaves its directory. */
  synchronized void open() {
    if (store == null && mayBeOpen()) {
      store = opener.apply(config);
      outdated = false;
      problem = null;
    }
  }

  /** Whoever asks is told why it cannot be opened. */
  synchronized void openOrRemember() {
    try {
      open();
    } catch (BackupException e) {
      LOG.error("datastore '{}' cannot be opened: {}", config.name(), e.text());
      problem = e;
    }
  }

  synchronized void remember(BackupException why) {
    problem = why;
  }

  /** Whether its directory may be looked at. */
  synchronized boolean mayBeOpen() {
    MaintenanceMode maintenance = config.maintenance();
    return !forgotten && (maintenance == null || !maintenance.leavesDirectory());
  }

  /** After a change, and when somebody has ended: does what waited for nobody to use it. */
  private void settle() {
    if (readers + writers > 0) {
      return;
    }
    if (!mayBeOpen() || outdated) {
      closeNow();
    }
    if (store == null && problem == null) {
      openOrRemember();
    }
  }

  private void closeNow() {
    if (store != null) {
      store.close();
      store = null;
      LOG.info("datastore '{}' is closed", config.name());
    }
  }

  /** Whoever still uses it fails: the node ends. */
  synchronized void close() {
    forgotten = true;
    closeNow();
  }

  // ---- changes ----

  /** From now on; how it writes to disk, as soon as nobody uses it. */
  synchronized void configure(DatastoreConfig changed) {
    outdated |= store != null && store.syncLevel() != changed.syncLevel();
    config = changed;
    problem = null; // its disk may have come back
    settle();
  }

  /** Nobody can begin to use it any more; it is closed when the last one has ended. */
  synchronized void forget() {
    forgotten = true;
    settle();
  }

  /** Throws LOCKED while its data are being destroyed. */
  synchronized void requireNotDestroying() {
    if (destroying) {
      throw new BackupException(
          Kind.LOCKED, "datastore '" + config.name() + "' is being destroyed already");
    }
  }

  /**
   * Closes it, for its data to be destroyed.
   *
   * @param deleting the configuration that says so
   * @param save makes that durable before the datastore is closed
   * @throws BackupException LOCKED when somebody uses it, or destroys it already
   */
  synchronized void beginDestruction(DatastoreConfig deleting, Runnable save) {
    requireNotDestroying();
    if (readers + writers > 0) {
      throw new BackupException(Kind.LOCKED, "datastore is currently in use")
          .with("datastore", config.name())
          .with("reading", readers)
          .with("writing", writers)
          .advise("Set it offline, and try again when its running tasks have ended.");
    }
    save.run();
    config = deleting;
    closeNow();
  }

  /** To be given back when whoever destroys its data has ended, well or not. */
  synchronized Lease lockDestruction() {
    requireNotDestroying();
    destroying = true;
    return () -> {
      synchronized (this) {
        destroying = false;
      }
    };
  }

  // ---- use ----

  /**
   * @param until counts as using it until its end
   */
  synchronized Datastore use(boolean writing, Leases until) {
    DatastoreName name = config.name();
    MaintenanceMode maintenance = config.maintenance();
    BackupException refusal = maintenance == null ? null : maintenance.refusal(name, writing);
    if (refusal != null) {
      throw refusal;
    }
    Datastore open = store;
    if (open == null || forgotten) {
      throw cannotBeOpened();
    }
    Use use = new Use(writing);
    count(writing, 1);
    until.hold(use);
    return open;
  }

  private BackupException cannotBeOpened() {
    BackupException cause = problem;
    return new BackupException(
        cause == null ? Kind.INTERNAL : cause.kind(),
        "datastore '"
            + config.name()
            + "' cannot be opened: "
            + (cause == null ? "it is closed" : cause.text()),
        cause);
  }

  private void count(boolean writing, int more) {
    if (writing) {
      writers += more;
    } else {
      readers += more;
    }
  }

  /** Somebody uses it. */
  private final class Use implements Lease {
    private final boolean writing;
    private boolean ended;

    Use(boolean writing) {
      this.writing = writing;
    }

    @Override
    public void close() {
      synchronized (RegisteredStore.this) {
        if (!ended) {
          ended = true;
          count(writing, -1);
          settle();
        }
      }
    }
  }
}
