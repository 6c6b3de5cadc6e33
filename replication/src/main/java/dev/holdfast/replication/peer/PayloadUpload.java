package dev.holdfast.replication.peer;

import dev.holdfast.chunkstore.chunker.BuzhashChunker;
import dev.holdfast.chunkstore.chunker.PayloadChunker;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.pxar.PayloadSink;

/**
 * The payload stream of a split archive on its way into an upload: new bytes are cut into chunks,
 * at the beginnings of files where that fits; chunks of the last backup are listed as they are.
 */
public final class PayloadUpload implements PayloadSink, AutoCloseable {
  private final ArchiveUpload upload;
  private final PayloadChunker chunker = new PayloadChunker(BuzhashChunker.PXAR_AVERAGE_BYTES);
  private final ChunkingOutputStream chunks;
  private long position;

  /**
   * @param upload stays the caller's, who finishes it after {@link #close}
   */
  public PayloadUpload(ArchiveUpload upload) {
    this.upload = upload;
    this.chunks = ChunkingOutputStream.payload(chunker, upload);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    chunks.write(bytes, offset, length);
    position += length;
  }

  @Override
  public void fileBegins(long start) {
    chunker.suggest(start);
  }

  /** The digest must be one of the session's known chunks. */
  @Override
  public void reuse(Digest digest, int bytes) {
    chunks.endChunk();
    position += bytes;
    chunker.restart(position);
    upload.stored(
        digest,
        bytes,
        () -> {
          throw new IllegalStateException("chunk " + digest + " is not known to the session");
        });
  }

  /** Hands on the last chunk. */
  @Override
  public void close() {
    chunks.close();
  }
}
