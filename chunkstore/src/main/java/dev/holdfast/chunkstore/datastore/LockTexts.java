package dev.holdfast.chunkstore.datastore;

/**
 * Why a lock was not to be had, as PBS 3.2.4 words it after {@code unable to acquire lock on …
 * directory "PATH" - } (spec/protocols.md §4.1). People search for these.
 */
public final class LockTexts {
  /** A second writer of a group. */
  public static final String BACKUP_RUNNING = "another backup is already running";

  /** The base of a new backup is being deleted. */
  public static final String BASE_IN_USE = "base snapshot is already locked by another operation";

  /** A reader meets a writer. */
  public static final String IN_USE = "locked by another operation";

  /** A snapshot to be deleted is read or written. */
  public static final String SNAPSHOT_IN_USE = "possibly running or in use";

  /** A group to be deleted is being written. */
  public static final String GROUP_IN_USE = "possible running backup";

  private LockTexts() {}
}
