package dev.holdfast.node.api;

import dev.holdfast.chunkstore.model.AuthId;

/** A text outside {@code /api2}, for programs that expect it there. */
public interface Page {
  String contentType();

  /**
   * On a thread that may block.
   *
   * @param caller who he is was checked, what he may was not
   * @throws dev.holdfast.chunkstore.error.BackupException PERMISSION
   */
  String text(AuthId caller);
}
