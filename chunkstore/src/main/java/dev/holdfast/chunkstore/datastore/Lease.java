package dev.holdfast.chunkstore.datastore;

/** A lock that is held until closed. Closing twice, and from another thread, is fine. */
public interface Lease extends AutoCloseable {
  @Override
  void close();
}
