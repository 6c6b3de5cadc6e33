package dev.holdfast.replication.peer;

import dev.holdfast.chunkstore.manifest.Protection;
import java.util.concurrent.Executor;

/**
 * What the archives of one backup session have in common.
 *
 * @param known the session's known chunks
 * @param pool hashes, compresses and encrypts: platform threads, as many as cores
 * @param protection of chunks that are handed in as content
 */
public record UploadMeans(KnownChunks known, Executor pool, Protection protection) {
  /** Without protection. */
  public UploadMeans(KnownChunks known, Executor pool) {
    this(known, pool, Protection.NONE);
  }
}
