package dev.holdfast.replication.peer;

import dev.holdfast.chunkstore.index.PlainChunks;
import dev.holdfast.chunkstore.model.Digest;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** The chunks of one archive in the clear, out of a session that has downloaded its index. */
record SessionChunks(ReaderSession session, ChunkDecoder decoder, Executor pool)
    implements PlainChunks {
  @Override
  public byte[] plain(Digest digest, long position, int bytes) {
    return decode(digest, position, bytes, session.chunk(digest));
  }

  @Override
  public CompletableFuture<byte[]> begin(Digest digest, long position, int bytes) {
    return session
        .chunkAsync(digest)
        .thenApplyAsync(encoded -> decode(digest, position, bytes, encoded), pool);
  }

  private byte[] decode(Digest digest, long position, int bytes, byte[] encoded) {
    byte[] plain = new byte[bytes];
    decoder.decode(digest, position, bytes, encoded, plain);
    return plain;
  }
}
