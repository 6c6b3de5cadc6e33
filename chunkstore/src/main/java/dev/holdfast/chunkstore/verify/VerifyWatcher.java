package dev.holdfast.chunkstore.verify;

import dev.holdfast.chunkstore.model.ArchiveName;
import java.time.Duration;

/** Hears what a verification does, and may stop it. Called by any of its threads. */
@FunctionalInterface
public interface VerifyWatcher {
  /** Of one who only wants the result. */
  VerifyWatcher SILENT = () -> {};

  /** Throws to stop; what was found of the snapshot under way is forgotten. */
  void checkStop();

  default void checking(ArchiveName file) {}

  /**
   * A chunk was read and checked. May hold its thread up for a while, to leave the machine to
   * others.
   */
  default void chunkChecked(Duration took) {}

  /** An index was checked, whatever was found. */
  default void checked(Speed speed) {}

  /** One sentence that names what is damaged. */
  default void problem(String text) {}

  /** What checking an index took, without chunks that were known. */
  record Speed(long storedBytes, long plainBytes, Duration took, long errors) {}
}
