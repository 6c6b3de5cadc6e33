package dev.holdfast.node.session;

import dev.holdfast.replication.wire.WireSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;

/** A stored file as the blocks of an answer. */
final class FileSource implements WireSource {
  private final SeekableByteChannel file;
  private final long bytes;

  private FileSource(SeekableByteChannel file, long bytes) {
    this.file = file;
    this.bytes = bytes;
  }

  /** The file is the source's from here on. As of a real server, its length is not announced. */
  static FileSource ofFile(SeekableByteChannel file) {
    return new FileSource(file, UNKNOWN);
  }

  /** As {@link #ofFile}; real servers announce how long a chunk is. */
  static FileSource ofChunk(SeekableByteChannel chunk) {
    try {
      return new FileSource(chunk, chunk.size());
    } catch (IOException e) {
      new FileSource(chunk, UNKNOWN).close();
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public int read(byte[] block) throws IOException {
    return file.read(ByteBuffer.wrap(block));
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
