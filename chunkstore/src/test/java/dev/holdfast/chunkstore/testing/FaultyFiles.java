package dev.holdfast.chunkstore.testing;

import dev.holdfast.chunkstore.file.FileOps;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Real files with one fault: the n-th operation fails, is torn, or is the last one before the
 * process dies. Knows which content was never made durable, and can lose it as a power failure
 * does. For tests that loop n = 1, 2, 3 … until {@link #fired} stays false.
 *
 * <p>A real disk is never synced: what would survive is known here, and the test need not wait. A
 * {@link MemoryDisk} is, which knows itself what survives.
 */
public final class FaultyFiles implements FileOps {
  /** What happens at the n-th operation. */
  public enum Fault {
    /** It fails and changes nothing; later ones work. */
    FAILS,
    /** A write writes half of its bytes and fails; anything else just fails. */
    TORN,
    /** The disk is full at this operation. */
    FULL,
    /** It and all later ones fail: the process is gone, with whatever it meant to clean up. */
    DIES
  }

  private final FileOps real;
  private final Fault fault;
  private final long at;
  private final boolean syncs;
  private final Set<Path> notDurable = new HashSet<>();
  private long done;
  private boolean fired;

  /**
   * @param at the operation that meets the fault, from 1; 0 for none
   */
  public FaultyFiles(FileOps real, Fault fault, long at) {
    this.real = real;
    this.syncs = real instanceof MemoryDisk;
    this.fault = fault;
    this.at = at;
  }

  /** Whether the fault has happened. */
  public synchronized boolean fired() {
    return fired;
  }

  public synchronized long operations() {
    return done;
  }

  /**
   * Cuts every file whose content was written and not made durable down to nothing, as file systems
   * may that keep names and delay data. Call it when nobody uses the files any more.
   */
  public synchronized void losePower() throws IOException {
    for (Path file : notDurable) {
      if (Files.exists(file)) {
        FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)
            .close();
      }
    }
    notDurable.clear();
  }

  /** True when this operation is to be torn; throws when it is to fail. */
  private synchronized boolean step(String what, Path path) throws IOException {
    done++;
    if (at == 0 || done < at || (done > at && fault != Fault.DIES)) {
      return false;
    }
    fired = true;
    switch (fault) {
      case TORN -> {
        if (what.equals("write")) {
          return true;
        }
        throw failure(what, path);
      }
      case FULL -> throw new IOException("No space left on device");
      case FAILS, DIES -> throw failure(what, path);
    }
    return false;
  }

  private IOException failure(String what, Path path) {
    return new IOException("injected fault at operation " + done + ": " + what + " " + path);
  }

  @Override
  public @Nullable Stat stat(Path path) throws IOException {
    step("stat", path);
    return real.stat(path);
  }

  @Override
  public void createDirectory(Path directory, int mode) throws IOException {
    step("mkdir", directory);
    real.createDirectory(directory, mode);
  }

  @Override
  public DirectoryStream<Path> list(Path directory) throws IOException {
    step("list", directory);
    return real.list(directory);
  }

  @Override
  public SeekableByteChannel open(Path file) throws IOException {
    step("open", file);
    return real.open(file);
  }

  @Override
  public WritableFile create(Path file, int mode) throws IOException {
    step("create", file);
    WritableFile created = real.create(file, mode);
    synchronized (this) {
      notDurable.add(file);
    }
    return new Watched(created, file);
  }

  @Override
  public WritableFile append(Path file, int mode) throws IOException {
    step("append", file);
    return new Watched(real.append(file, mode), file);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    step("rename", from);
    real.rename(from, to);
    synchronized (this) {
      boolean volatileContent = notDurable.remove(from);
      notDurable.remove(to);
      if (volatileContent) {
        notDurable.add(to);
      }
    }
  }

  @Override
  public void delete(Path path) throws IOException {
    step("delete", path);
    real.delete(path);
    synchronized (this) {
      notDurable.remove(path);
    }
  }

  @Override
  public void touch(Path file, Instant accessTime) throws IOException {
    step("touch", file);
    real.touch(file, accessTime);
  }

  @Override
  public void syncFile(Path file) throws IOException {
    step("fsync", file);
    if (syncs) {
      real.syncFile(file);
    }
    synchronized (this) {
      notDurable.remove(file);
    }
  }

  @Override
  public void syncDirectory(Path directory) throws IOException {
    step("fsync directory", directory);
    if (syncs) {
      real.syncDirectory(directory);
    }
  }

  @Override
  public void syncFileSystem(Path path) throws IOException {
    step("syncfs", path);
    if (syncs) {
      real.syncFileSystem(path);
    }
    synchronized (this) {
      notDurable.clear();
    }
  }

  @Override
  public Space space(Path path) throws IOException {
    return real.space(path);
  }

  private final class Watched implements WritableFile {
    private final WritableFile file;
    private final Path path;

    Watched(WritableFile file, Path path) {
      this.file = file;
      this.path = path;
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
      if (step("write", path)) {
        ByteBuffer half = source.slice(source.position(), source.remaining() / 2);
        while (half.hasRemaining()) {
          file.write(half);
        }
        throw failure("torn write", path);
      }
      return file.write(source);
    }

    @Override
    public void force() throws IOException {
      step("fsync", path);
      if (syncs) {
        file.force(); // under whatever name it has by now
      }
      synchronized (FaultyFiles.this) {
        notDurable.remove(path);
      }
    }

    @Override
    public void close() throws IOException {
      boolean open = file.isOpen();
      file.close(); // a descriptor is freed even when close reports an error
      if (open) {
        step("close", path);
      }
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
      return file.read(target);
    }

    @Override
    public long position() throws IOException {
      return file.position();
    }

    @Override
    public SeekableByteChannel position(long position) throws IOException {
      file.position(position);
      return this;
    }

    @Override
    public long size() throws IOException {
      return file.size();
    }

    @Override
    public SeekableByteChannel truncate(long size) throws IOException {
      file.truncate(size);
      return this;
    }

    @Override
    public boolean isOpen() {
      return file.isOpen();
    }
  }
}
