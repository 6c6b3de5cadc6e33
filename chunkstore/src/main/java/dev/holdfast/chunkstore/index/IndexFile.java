package dev.holdfast.chunkstore.index;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.file.FileErrors;
import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.model.Digest;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Locale;

/**
 * An index file while it is written: under a temporary name, renamed when it is complete and has
 * been read again, removed when it is closed before that. A failed write spoils the file: it can
 * only be closed then.
 */
final class IndexFile implements Closeable {
  /** Mode of a finished index (spec/formats.md §1.1). */
  private static final int MODE = 0644;

  /** How much is read at once when the file is hashed. */
  private static final int BLOCK_BYTES = 64 << 10;

  private final FileOps files;
  private final Path finalPath;
  private final Path temporary;
  private final FileOps.WritableFile channel;
  private State state = State.OPEN;

  private enum State {
    OPEN,
    SPOILT,
    PUBLISHED,
    DISCARDED
  }

  private IndexFile(FileOps files, Path finalPath, FileOps.WritableFile channel) {
    this.files = files;
    this.finalPath = finalPath;
    this.temporary = temporaryName(finalPath);
    this.channel = channel;
  }

  /** Creates the temporary file with the given header. */
  static IndexFile create(FileOps files, Path finalPath, ByteBuffer header) {
    IndexFile file;
    try {
      file = new IndexFile(files, finalPath, files.create(temporaryName(finalPath), MODE));
    } catch (IOException e) {
      throw failure("cannot create index \"" + finalPath + "\"", e);
    }
    try {
      file.write(0, header);
    } catch (BackupException e) {
      file.close();
      throw e;
    }
    return file;
  }

  Path path() {
    return finalPath;
  }

  void write(long at, ByteBuffer bytes) {
    requireOpen();
    try {
      channel.position(at);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException e) {
      state = State.SPOILT;
      throw failure("cannot write index \"" + finalPath + "\"", e);
    }
  }

  /** Reads back {@code target.remaining()} bytes. */
  ByteBuffer read(long at, ByteBuffer target) {
    requireOpen();
    try {
      channel.position(at);
      while (target.hasRemaining()) {
        if (channel.read(target) < 0) {
          throw new IOException("found the end of the file at offset " + channel.position());
        }
      }
      return target.flip();
    } catch (IOException e) {
      state = State.SPOILT;
      throw failure("cannot read index \"" + finalPath + "\" again", e);
    }
  }

  /** Shown the entries of a file, block by block; the buffer is only lent. */
  interface BlockVisitor {
    void block(ByteBuffer entries, long fileOffset);
  }

  /** Hashes {@code bytes} of entries as they are in the file. */
  Digest checksum(long bytes, BlockVisitor visitor) {
    MessageDigest sha = Digest.sha256();
    ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES);
    for (long done = 0; done < bytes; ) {
      block.clear().limit((int) Math.min(BLOCK_BYTES, bytes - done));
      read(IndexFormat.HEADER_BYTES + done, block);
      visitor.block(block.duplicate(), IndexFormat.HEADER_BYTES + done);
      done += block.remaining();
      sha.update(block);
    }
    return Digest.of(sha.digest());
  }

  /**
   * Writes the checksum into the header, reads header and length again, compares, and renames. What
   * is in memory is not trusted: a fault must show now and not at restore.
   */
  void publish(ByteBuffer header, Digest checksum, long entriesBytes) {
    checksum.write(header.position(IndexFormat.CHECKSUM_AT));
    header.rewind();
    write(0, header.duplicate());
    ByteBuffer again = read(0, ByteBuffer.allocate(IndexFormat.HEADER_BYTES));
    requireSame("header", again.equals(header) ? "same" : "another", "same");
    try {
      requireSame(
          "length", String.valueOf(channel.size()), "" + (IndexFormat.HEADER_BYTES + entriesBytes));
      channel.close();
      files.rename(temporary, finalPath);
      state = State.PUBLISHED;
    } catch (IOException e) {
      state = State.SPOILT;
      throw failure("cannot finish index \"" + finalPath + "\"", e);
    }
  }

  void requireSame(String what, String found, String expected) {
    if (!found.equals(expected)) {
      state = State.SPOILT;
      throw new BackupException(
              BackupException.Kind.INTERNAL,
              "index \""
                  + finalPath
                  + "\" reads differently from what was written: found "
                  + what
                  + " "
                  + found
                  + ", expected "
                  + expected)
          .advise("Check the memory and the disk of this machine.");
    }
  }

  /** Removes the temporary file unless it was published. */
  @Override
  public void close() {
    if (state == State.PUBLISHED || state == State.DISCARDED) {
      return;
    }
    state = State.DISCARDED;
    try {
      try {
        channel.close();
      } finally {
        files.delete(temporary);
      }
    } catch (NoSuchFileException e) {
      // Whoever removed the directory removed this with it.
    } catch (IOException e) {
      throw failure("cannot remove \"" + temporary + "\"", e);
    }
  }

  private void requireOpen() {
    if (state != State.OPEN) {
      throw new BackupException(
          BackupException.Kind.INTERNAL,
          "index \"" + finalPath + "\" cannot be written any more: " + state.name());
    }
  }

  /** {@code root.pxar.didx} is written as {@code root.pxar.tmp_didx} (spec/formats.md §1.3). */
  private static Path temporaryName(Path finalPath) {
    String name = String.valueOf(finalPath.getFileName());
    int dot = name.lastIndexOf('.');
    return finalPath.resolveSibling(name.substring(0, dot) + ".tmp_" + name.substring(dot + 1));
  }

  /** The error for a failed file operation; {@code what} tells what was tried on which file. */
  static BackupException failure(String what, IOException cause) {
    String reason = cause.getMessage() == null ? cause.toString() : cause.getMessage();
    return switch (cause) {
      case NoSuchFileException e ->
          new BackupException(
              BackupException.Kind.NOT_FOUND, what + " - " + FileErrors.NO_SUCH_FILE, e);
      case FileAlreadyExistsException e ->
          new BackupException(
              BackupException.Kind.ALREADY_EXISTS, what + " - it is being written already", e);
      case IOException e when isOutOfSpace(reason) ->
          new BackupException(BackupException.Kind.OUT_OF_SPACE, what + " - " + reason, e)
              .advise("Free some space on the file system of the datastore.");
      case IOException e ->
          new BackupException(BackupException.Kind.INTERNAL, what + " - " + reason, e);
    };
  }

  // The JDK has no type for ENOSPC and EDQUOT; the C library's texts are all there is.
  private static boolean isOutOfSpace(String reason) {
    String lower = reason.toLowerCase(Locale.ROOT);
    return lower.contains("no space left on device") || lower.contains("quota exceeded");
  }
}
