package dev.holdfast.chunkstore.testing;

import dev.holdfast.chunkstore.chunk.SyncLevel;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.Holds;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * A datastore on a disk in memory, with a clock that the test moves. Only its process lock needs a
 * real directory.
 */
public final class MemoryStore implements AutoCloseable {
  public final SetClock clock = new SetClock();
  public final MemoryDisk disk = new MemoryDisk(clock);
  public final Datastore store;

  private MemoryStore(DatastoreName name, Path base) {
    disk.makeDirectories(base.resolve(".chunks"));
    store =
        Datastore.open(name, disk, base, SyncLevel.FILESYSTEM, Holds.NONE, clock, new Random(1));
  }

  /**
   * @param base exists
   */
  public static MemoryStore in(Path base) {
    return new MemoryStore(TestStores.NAME, base);
  }

  /** As the other, with a name of its own. */
  public static MemoryStore named(String name, Path base) {
    return new MemoryStore(new DatastoreName(name), base);
  }

  /** What the indexes of a {@link SmallBackup} name. */
  public Set<Digest> chunksOf(Namespace namespace, SnapshotId snapshot) {
    Set<Digest> digests = new HashSet<>();
    for (ArchiveName name : List.of(SmallBackup.DYNAMIC, SmallBackup.FIXED)) {
      ChunkIndex index = store.readIndex(namespace, snapshot, name);
      for (int i = 0; i < index.chunkCount(); i++) {
        digests.add(index.digest(i));
      }
    }
    return digests;
  }

  public boolean exists(Path file) {
    return disk.stat(file) != null;
  }

  /** When a chunk was last used; long ago when it is not there. */
  public Instant usedAt(Digest digest) {
    FileOps.Stat stat = disk.stat(store.chunks().path(digest));
    return stat == null ? Instant.EPOCH : stat.accessTime();
  }

  /** Puts other content in the place of a file. */
  public void replace(Path file, byte[] content) throws IOException {
    disk.delete(file);
    try (FileOps.WritableFile again = disk.create(file, 0644)) {
      again.write(ByteBuffer.wrap(content));
    }
  }

  /** Turns one bit of a chunk. */
  public void damage(Digest digest) throws IOException {
    byte[] content = store.chunks().read(digest);
    content[content.length - 1] ^= 1;
    replace(store.chunks().path(digest), content);
  }

  @Override
  public void close() {
    store.close();
  }
}
