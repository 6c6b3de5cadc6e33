package dev.holdfast.chunkstore.usage;

/** Hears what a measurement does, and may stop it. Called by any of its threads, often. */
public interface UsageWatcher {
  /** Throws to stop. */
  void checkStop();

  /** Something that is left out of the numbers. */
  void warn(String text);

  /** So many of the directories of chunks have been counted. */
  void counted(int directories, int directoriesTotal);
}
