package dev.holdfast.node.session;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Namespace;
import org.jspecify.annotations.Nullable;

/** Checks that both upgrades make before the 101 (spec/protocols.md §4.1, §6.1). */
final class UpgradeChecks {
  private UpgradeChecks() {}

  /** The header is compared as a whole, case-sensitive. */
  static void protocol(@Nullable String header, String expected) {
    if (header == null) {
      throw BackupException.invalid("missing Upgrade header");
    }
    if (!header.equals(expected)) {
      throw BackupException.invalid("invalid protocol name");
    }
  }

  /** The ACL path of a namespace. */
  static String path(DatastoreName store, Namespace namespace) {
    return "/datastore/" + store + (namespace.isRoot() ? "" : "/" + namespace);
  }
}
