package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The payload stream of a split archive, read forwards from file to file. What lies between them is
 * skipped and never looked at: it may be anything (spec/formats.md §6.8). A skip goes to the
 * stream's {@link InputStream#skip}, which need not fetch what it skips.
 */
public final class PayloadStream {
  private static final int SKIP_BYTES = 64 * 1024;

  private final InputStream source;
  private final String name;
  private long position;
  private long selected;
  private long selectedBytes;
  private Bytes path = Bytes.EMPTY;
  private boolean opened;
  private long contentLeft;

  /**
   * The stream stays the caller's.
   *
   * @param name of the archive, for errors
   */
  public PayloadStream(InputStream source, String name) {
    this.source = source;
    this.name = name;
  }

  /** The file whose content the next {@link #read} gives. Nothing is read before. */
  void select(PxarEntry.RegularFile file, Bytes itsPath) {
    selected = file.payloadPosition();
    selectedBytes = file.bytes();
    path = itsPath;
    opened = false;
  }

  /** Reads content of the selected file as an InputStream does. */
  int read(byte[] target, int offset, int length) throws IOException {
    if (!opened) {
      open();
    }
    if (contentLeft == 0) {
      return -1;
    }
    int got = source.read(target, offset, (int) Math.min(length, contentLeft));
    if (got < 0) {
      throw corrupt(position, "the stream ends within the content of '" + path + "'");
    }
    position += got;
    contentLeft -= got;
    return got;
  }

  private void open() throws IOException {
    opened = true;
    if (position == 0) {
      header(PxarFormat.PAYLOAD_START_MARKER, PxarFormat.HEADER_BYTES, "the start marker");
    }
    if (selected < position) {
      throw corrupt(selected, "content of '" + path + "' stands before that of an earlier file");
    }
    skip(selected - position);
    header(
        PxarFormat.PAYLOAD,
        PxarFormat.HEADER_BYTES + selectedBytes,
        selectedBytes + " bytes of '" + path + "'");
    contentLeft = selectedBytes;
  }

  private void header(long type, long bytes, String expected) throws IOException {
    long at = position;
    byte[] header = source.readNBytes(PxarFormat.HEADER_BYTES);
    position += header.length;
    if (!isHeader(header, type, bytes)) {
      throw corrupt(at, "expected " + expected);
    }
  }

  static boolean isHeader(byte[] header, long type, long bytes) {
    ByteBuffer found = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
    return header.length == PxarFormat.HEADER_BYTES
        && found.getLong() == type
        && found.getLong() == bytes;
  }

  private void skip(long bytes) throws IOException {
    long left = bytes;
    byte[] unused = new byte[0];
    while (left > 0) {
      long step = source.skip(left);
      if (step <= 0) { // at the end, or a stream that cannot skip
        unused = unused.length == 0 ? new byte[SKIP_BYTES] : unused;
        step = source.read(unused, 0, (int) Math.min(left, unused.length));
        if (step < 0) {
          throw corrupt(position, "the stream ends before the content of '" + path + "'");
        }
      }
      left -= step;
      position += step;
    }
  }

  private BackupException corrupt(long at, String what) {
    return BackupException.corrupt(name + ", offset " + at + ": " + what)
        .with("archive", name)
        .with("offset", at)
        .with("path", path);
  }
}
