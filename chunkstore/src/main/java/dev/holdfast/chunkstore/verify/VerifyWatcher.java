package dev.holdfast.chunkstore.verify;

import dev.holdfast.chunkstore.model.ArchiveName;
import java.time.Duration;

/** Hears what a verification does, and may stop it. Called by any of its threads; returns soon. */
public interface VerifyWatcher {
  /** Of one who only wants the result. */
  VerifyWatcher SILENT =
      new VerifyWatcher() {
        @Override
        public void checkStop() {}

        @Override
        public void checking(ArchiveName file) {}

        @Override
        public void checked(Speed speed) {}

        @Override
        public void problem(String text) {}
      };

  /** Throws to stop; what was found of the snapshot under way is forgotten. */
  void checkStop();

  void checking(ArchiveName file);

  /** An index was checked, whatever was found. */
  void checked(Speed speed);

  /** One sentence that names what is damaged. */
  void problem(String text);

  /** What checking an index took, without chunks that were known. */
  record Speed(long storedBytes, long plainBytes, Duration took, long errors) {}
}
