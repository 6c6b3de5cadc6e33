package dev.holdfast.replication.mesh;

/** The granted right to do one transfer, as far as the mesh knows. */
public interface Lease extends AutoCloseable {
  LeaseKey key();

  /**
   * The fencing number: larger for each later lease of the same key, also across restarts of the
   * whole mesh, because it never falls below the milliseconds since the epoch.
   */
  long epoch();

  /** Granted by this node alone, because the cluster was unavailable. */
  boolean local();

  /**
   * Lets the time of the lease begin anew. False when somebody else may have it now: whoever holds
   * it then ends the work at the next convenient point. True also when the cluster does not answer.
   */
  boolean renew();

  /** Gives it back; a second call does nothing. */
  void release();

  @Override
  default void close() {
    release();
  }
}
