package dev.holdfast.replication.peer;

import dev.holdfast.chunkstore.model.Digest;
import java.util.concurrent.CompletableFuture;

/** Where encoded chunks come from: a reader session, several of them, a store with a fallback. */
@FunctionalInterface
public interface ChunkSource {
  /** The encoded bytes, unchecked; the array is the receiver's. May complete on an event loop. */
  CompletableFuture<byte[]> chunkAsync(Digest digest);
}
