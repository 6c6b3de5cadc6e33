package dev.holdfast.node.job;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.meshconfig.SyncConfig;
import dev.holdfast.replication.transfer.Sync;

/** Makes what carries out a configured sync, out of the present state of store and peer. */
public final class SyncFactory {
  /** Blocks on the peer's secret file; throws when that or the datastore cannot be used. */
  @SuppressWarnings("DoNotCallSuggester")
  Sync make(SyncConfig config) {
    throw new BackupException(Kind.NOT_BUILT, "sync '" + config.id() + "' cannot run yet");
  }
}
