package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.manifest.Protection;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a backup is protected with, and its key for the owner of the master key. */
final class BackupKeys {
  private final Protection protection;
  private final byte @Nullable [] wrapped;

  /**
   * @param wrapped the key, wrapped with the master key; null = there is none
   */
  BackupKeys(Protection protection, byte @Nullable [] wrapped) {
    this.protection = protection;
    this.wrapped = wrapped;
  }

  Protection protection() {
    return protection;
  }

  Optional<byte[]> wrapped() {
    return Optional.ofNullable(wrapped);
  }
}
