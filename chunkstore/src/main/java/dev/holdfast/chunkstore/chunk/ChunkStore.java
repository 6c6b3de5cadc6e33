package dev.holdfast.chunkstore.chunk;

import dev.holdfast.chunkstore.blob.BlobKind;
import dev.holdfast.chunkstore.blob.ChunkBuffers;
import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.file.AtomicFiles;
import dev.holdfast.chunkstore.file.DirectoryNames;
import dev.holdfast.chunkstore.file.FileContent;
import dev.holdfast.chunkstore.file.FileErrors;
import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.model.Digest;
import java.io.IOException;
import java.lang.System.Logger;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.locks.Lock;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of a datastore, one file each, shared by all its namespaces (spec/formats.md §1.1,
 * §1.5).
 *
 * <pre>
 * &lt;base&gt;/.chunks/&lt;first 4 hex&gt;/&lt;64 hex&gt;              one DataBlob
 * &lt;base&gt;/.chunks/&lt;first 4 hex&gt;/&lt;64 hex&gt;.tmp_XXXXXX   being written, invisible
 * </pre>
 *
 * A chunk appears under its name complete or not at all. What arrives here was checked before
 * ({@code ChunkCheck}); the store never looks into a chunk except to compare kinds when sizes
 * differ. All methods block and may be called from any thread; work on one digest is serialised,
 * work on different digests is not.
 */
public final class ChunkStore {
  public static final String DIRECTORY = ".chunks";
  public static final int DIRECTORY_MODE = 0750;

  /** One directory for each value of the first two digest bytes. */
  public static final int PREFIX_COUNT = 0x10000;

  /**
   * The chunk directory while it is filled with its 65,536 prefixes: creation is one rename at the
   * end, so a store is there whole or recognisably unfinished. The name starts with a dot, which
   * every walker skips.
   */
  static final String UNFINISHED_DIRECTORY = ".chunks.creating";

  private static final int PREFIX_LENGTH = 4;
  private static final Pattern PREFIX = Pattern.compile("[0-9a-f]{4}");
  // Far more stripes than threads that can be inserting, so that two digests seldom share one.
  private static final int LOCK_STRIPES = 256;
  private static final Logger LOG = System.getLogger(ChunkStore.class.getName());

  private final FileOps files;
  private final Path directory;
  private final SyncLevel syncLevel;
  private final InstantSource clock;
  private final AtomicFiles atomic;
  private final Lock[] stripes;

  private ChunkStore(
      FileOps files,
      Path base,
      SyncLevel syncLevel,
      InstantSource clock,
      RandomGenerator random,
      Supplier<Lock> locks) {
    this.stripes = Stream.generate(locks).limit(LOCK_STRIPES).toArray(Lock[]::new);
    this.files = files;
    this.directory = base.resolve(DIRECTORY);
    this.syncLevel = syncLevel;
    this.clock = clock;
    this.atomic = new AtomicFiles(files, AtomicFiles.DATA_MODE, random);
  }

  /**
   * Makes the chunk directory below an existing base. ALREADY_EXISTS when there is one. An
   * interrupted creation is continued.
   */
  public static void create(FileOps files, Path base) {
    Path target = base.resolve(DIRECTORY);
    Path unfinished = base.resolve(UNFINISHED_DIRECTORY);
    try {
      if (files.stat(target) != null) {
        throw new BackupException(
                Kind.ALREADY_EXISTS, "chunk store '" + target + "' already exists")
            .with("path", target);
      }
      createDirectory(files, unfinished);
      for (int prefix = 0; prefix < PREFIX_COUNT; prefix++) {
        createDirectory(files, unfinished.resolve(String.format("%04x", prefix)));
      }
      files.syncDirectory(unfinished);
      files.rename(unfinished, target);
      files.syncDirectory(base);
    } catch (IOException e) {
      throw FileErrors.ofWrite(files, "cannot create chunk store", target, 0, e);
    }
  }

  /**
   * Opens an existing store. NOT_FOUND when it has no chunk directory, with a hint when its
   * creation was interrupted. Prefix directories that are missing (a store restored without the
   * empty ones) are made when needed.
   *
   * @param locks makes what threads exclude each other with
   */
  public static ChunkStore open(
      FileOps files,
      Path base,
      SyncLevel syncLevel,
      InstantSource clock,
      RandomGenerator random,
      Supplier<Lock> locks) {
    Path directory = base.resolve(DIRECTORY);
    try {
      FileOps.Stat stat = files.stat(directory);
      if (stat != null && stat.isDirectory()) {
        return new ChunkStore(files, base, syncLevel, clock, random, locks);
      }
      boolean interrupted = files.stat(base.resolve(UNFINISHED_DIRECTORY)) != null;
      throw BackupException.notFound(
              "unable to open chunk store at '"
                  + base
                  + "': found "
                  + (interrupted ? "an unfinished creation" : "no directory " + DIRECTORY))
          .with("path", directory)
          .advise(
              interrupted
                  ? "Create the datastore again at the same path: this completes it."
                  : "Check that the file system of the datastore is mounted.");
    } catch (IOException e) {
      throw FileErrors.of("unable to open chunk store", directory, e);
    }
  }

  /**
   * Stores a checked chunk by the rules of spec/formats.md §1.5. The array is not kept. After an
   * error nothing changed that a reader can see, and no temporary file is left; OUT_OF_SPACE when
   * the disk is full.
   */
  public InsertResult insert(Digest digest, byte[] encoded, int length) {
    Path path = path(digest);
    return locked(
        digest,
        () -> {
          try {
            FileOps.Stat stat = files.stat(path);
            if (stat != null) {
              if (!stat.isRegular()) {
                throw BackupException.corrupt("chunk '" + path + "' is not a regular file");
              }
              if (stat.bytes() == 0) {
                LOG.log(Logger.Level.WARNING, "found empty chunk {0}, overwriting it", digest);
              } else if (keepsStored(path, stat.bytes(), encoded, length)) {
                files.touch(path, clock.instant());
                return new InsertResult(true, (int) stat.bytes());
              }
            }
            write(digest, encoded, length);
            return new InsertResult(false, length);
          } catch (IOException e) {
            throw FileErrors.ofWrite(files, "inserting chunk failed at", path, length, e)
                .with("digest", digest);
          }
        });
  }

  /**
   * Marks a chunk as used, which keeps garbage collection away from it. False when it is missing or
   * empty: it must then be fetched.
   */
  public boolean touch(Digest digest) {
    Path path = path(digest);
    return locked(
        digest,
        () -> {
          try {
            if (!(lookup(digest) instanceof ChunkLookup.Present)) {
              return false;
            }
            files.touch(path, clock.instant());
            return true;
          } catch (NoSuchFileException e) {
            return false;
          } catch (IOException e) {
            throw FileErrors.of("cannot touch chunk", path, e).with("digest", digest);
          }
        });
  }

  /** Looks at name and size only; costs one system call. */
  public ChunkLookup lookup(Digest digest) {
    Path path = path(digest);
    try {
      FileOps.Stat stat = files.stat(path);
      if (stat == null || !stat.isRegular()) {
        return new ChunkLookup.Missing();
      }
      return stat.bytes() == 0
          ? new ChunkLookup.Empty()
          : new ChunkLookup.Present((int) Math.min(stat.bytes(), Integer.MAX_VALUE));
    } catch (IOException e) {
      throw FileErrors.of("cannot look at chunk", path, e).with("digest", digest);
    }
  }

  /** About where on the disk a chunk is; 0 when that is not known. Costs one system call. */
  public long inode(Digest digest) {
    Path path = path(digest);
    try {
      return files.inode(path);
    } catch (IOException e) {
      throw FileErrors.of("cannot look at chunk", path, e).with("digest", digest);
    }
  }

  /**
   * The encoded bytes as stored, unchecked, in an array of exactly their size that is the caller's.
   * NOT_FOUND when missing, CORRUPT_DATA when empty or too large to be a chunk.
   */
  public byte[] read(Digest digest) {
    return read(digest, byte[]::new);
  }

  /** As {@link #read(Digest)}, in an array of these buffers, to which it goes back. */
  public StoredChunk read(Digest digest, ChunkBuffers buffers) {
    StoredChunk chunk = new StoredChunk(buffers);
    var unused = read(digest, chunk::ofLength);
    return chunk;
  }

  /**
   * For who takes the encoded bytes piece by piece; the same errors as of {@link #read(Digest)}.
   */
  public SeekableByteChannel open(Digest digest) {
    Path path = path(digest);
    try {
      SeekableByteChannel chunk = files.open(path);
      try {
        some(FileContent.sizeAtMost(chunk, path, DataBlob.CHUNK_ENCODED_BYTES_MAX), digest);
        return chunk;
      } catch (BackupException | IOException e) {
        chunk.close();
        throw e;
      }
    } catch (BackupException e) {
      throw e.with("digest", digest);
    } catch (IOException e) {
      throw FileErrors.of("reading chunk failed:", path, e).with("digest", digest);
    }
  }

  private byte[] read(Digest digest, IntFunction<byte[]> arrays) {
    Path path = path(digest);
    try {
      return FileContent.read(
          files,
          path,
          DataBlob.CHUNK_ENCODED_BYTES_MAX,
          bytes -> arrays.apply(some(bytes, digest)));
    } catch (BackupException e) {
      throw e.with("digest", digest);
    } catch (IOException e) {
      throw FileErrors.of("reading chunk failed:", path, e).with("digest", digest);
    }
  }

  private static int some(int bytes, Digest digest) {
    if (bytes == 0) {
      throw BackupException.corrupt("chunk " + digest + " is empty");
    }
    return bytes;
  }

  /**
   * Renames a chunk that is bad, so that the next upload of it writes a fresh one (spec/formats.md
   * §1.12). It is looked at once more, alone: somebody may have replaced it.
   *
   * @param bad whether these stored bytes are
   * @return the new name; null when the chunk is gone, or good by now
   */
  public @Nullable String setAside(Digest digest, Predicate<byte[]> bad) {
    Path path = path(digest);
    return locked(
        digest,
        () -> {
          try {
            if (files.stat(path) == null || !bad.test(content(path))) {
              return null;
            }
            String name = freeBadName(digest);
            files.rename(path, path.resolveSibling(name));
            return name;
          } catch (NoSuchFileException e) {
            return null;
          } catch (IOException e) {
            throw FileErrors.of("cannot set aside chunk", path, e).with("digest", digest);
          }
        });
  }

  // What cannot be read, or is too large for a chunk, is as bad as can be: no bytes.
  private byte[] content(Path path) throws NoSuchFileException {
    try {
      return FileContent.read(files, path, DataBlob.CHUNK_ENCODED_BYTES_MAX);
    } catch (NoSuchFileException e) {
      throw e;
    } catch (IOException | BackupException e) {
      return new byte[0];
    }
  }

  private String freeBadName(Digest digest) throws IOException {
    for (int copy = 0; copy < ChunkFile.BAD_COPIES_MAX - 1; copy++) {
      String name = ChunkFile.badName(digest, copy);
      if (files.stat(path(digest).resolveSibling(name)) == null) {
        return name;
      }
    }
    return ChunkFile.badName(digest, ChunkFile.BAD_COPIES_MAX - 1);
  }

  /** The prefixes that have a directory, ascending. */
  public List<Integer> prefixes() {
    try {
      return DirectoryNames.of(files, directory).stream()
          .filter(name -> PREFIX.matcher(name).matches())
          .map(HexFormat::fromHexDigits)
          .sorted()
          .toList();
    } catch (IOException e) {
      throw FileErrors.of("cannot read chunk directory", directory, e);
    }
  }

  FileOps files() {
    return files;
  }

  InstantSource clock() {
    return clock;
  }

  /** Where a chunk is or would be. */
  public Path path(Digest digest) {
    return prefix(digest).resolve(digest.hex());
  }

  private Path prefix(Digest digest) {
    return directory.resolve(digest.hex().substring(0, PREFIX_LENGTH));
  }

  /** The directory of the chunks whose digests begin with these 16 bits. */
  Path prefix(int prefix) {
    return directory.resolve(HexFormat.of().toHexDigits((short) prefix));
  }

  private void write(Digest digest, byte[] encoded, int length) throws IOException {
    Path path = path(digest);
    boolean durable = syncLevel == SyncLevel.FILE;
    try {
      atomic.replace(path, encoded, length, durable);
    } catch (NoSuchFileException e) {
      // The prefix is missing. If the chunk directory itself is gone too (not mounted), this fails.
      createDirectory(files, prefix(digest));
      atomic.replace(path, encoded, length, durable);
      if (durable) {
        files.syncDirectory(directory);
      }
    }
  }

  /** True when the stored file is as good as the offered one: points 4 and 5 of the rules. */
  private boolean keepsStored(Path path, long storedBytes, byte[] encoded, int length)
      throws IOException {
    if (storedBytes == length) {
      return true;
    }
    BlobKind offered = DataBlob.kind(encoded, length);
    if (!offered.encrypted()) {
      return storedBytes < length;
    }
    byte[] head = FileContent.head(files, path, DataBlob.ENCRYPTED_HEADER_BYTES);
    BlobKind stored = DataBlob.kind(head, head.length);
    if (!stored.encrypted()) {
      throw BackupException.corrupt(
          "found unencrypted chunk '" + path + "', expected an encrypted one: digest collision");
    }
    if (!offered.compressed() && !stored.compressed()) {
      throw BackupException.corrupt(
          "found chunk '"
              + path
              + "' with "
              + storedBytes
              + " bytes, expected "
              + length
              + ": both are encrypted and uncompressed, so sizes must agree");
    }
    return true;
  }

  /** Runs alone among all that changes this chunk; to be short. */
  <T extends @Nullable Object> T locked(Digest digest, Supplier<T> work) {
    Lock stripe = stripes[Math.floorMod(digest.w3(), LOCK_STRIPES)];
    stripe.lock();
    try {
      return work.get();
    } finally {
      stripe.unlock();
    }
  }

  private static void createDirectory(FileOps files, Path path) throws IOException {
    try {
      files.createDirectory(path, DIRECTORY_MODE);
    } catch (FileAlreadyExistsException e) {
      // An earlier attempt or another thread made it: that is what was asked for.
    }
  }
}
