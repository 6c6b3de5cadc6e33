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

  /** The file is the source's from here on. */
  FileSource(SeekableByteChannel file) {
    this.file = file;
    try {
      bytes = file.size();
    } catch (IOException e) {
      close();
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
