package dev.holdfast.chunkstore.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.chunk.SyncLevel;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.Holds;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.testing.SmallBackup;
import dev.holdfast.chunkstore.work.Workers;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** At stake: a disk with heads reads a store from one end to the other, and not criss-cross. */
final class ChunkOrderTest {
  private static final SnapshotId SNAPSHOT = SnapshotId.parse("host/web1/2024-05-01T00:00:00Z");

  @TempDir Path base = Path.of("");

  private final List<Digest> opened = new ArrayList<>();

  /** The disk of the test lays chunks out by their digests. */
  private static long place(Path chunk) {
    return Long.parseLong(chunk.getFileName().toString().substring(0, 8), 16);
  }

  /** The file system of the machine, but for the places, and it is told what was opened. */
  private FileOps disk() {
    FileOps files = new LocalFiles();
    return (FileOps)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {FileOps.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("inode")) {
                return place((Path) arguments[0]);
              }
              if (method.getName().equals("open") && isChunk((Path) arguments[0])) {
                opened.add(Digest.parse(((Path) arguments[0]).getFileName().toString()));
              }
              try {
                return method.invoke(files, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private static boolean isChunk(Path file) {
    return file.getFileName().toString().matches("[0-9a-f]{64}");
  }

  private List<Digest> read(Datastore store, ChunkOrder order) {
    opened.clear();
    SnapshotVerifier verifier =
        new SnapshotVerifier(store, Workers.none(), order, VerifyWatcher.SILENT, false);
    assertThat(verifier.verify(Namespace.ROOT, SNAPSHOT)).isEmpty();
    return List.copyOf(opened);
  }

  /** Each index by itself, without what an earlier one had. */
  private static List<Digest> expected(Datastore store, Comparator<Digest> order) {
    List<Digest> all = new ArrayList<>();
    for (ManifestFile file : store.manifest(Namespace.ROOT, SNAPSHOT).files()) {
      if (file.name().isIndex()) {
        ChunkIndex index = store.readIndex(Namespace.ROOT, SNAPSHOT, file.name());
        List<Digest> own = new ArrayList<>();
        for (int i = 0; i < index.chunkCount(); i++) {
          Digest digest = index.digest(i);
          if (!all.contains(digest) && !own.contains(digest)) {
            own.add(digest);
          }
        }
        own.sort(order);
        all.addAll(own);
      }
    }
    return all;
  }

  @Test
  void chunksAreReadAsTheyLieOrAsTheIndexHasThem() throws IOException {
    Files.createDirectories(base.resolve(".chunks"));
    try (Datastore store =
        Datastore.open(
            new DatastoreName("disk"),
            disk(),
            base,
            SyncLevel.NONE,
            Holds.NONE,
            InstantSource.system(),
            new Random(1))) {
      SmallBackup.write(store, Namespace.ROOT, SNAPSHOT, 11);
      List<Digest> asTheyLie =
          expected(store, Comparator.comparingLong(digest -> place(store.chunks().path(digest))));
      List<Digest> asIndexed = expected(store, (_, _) -> 0);
      assertThat(asTheyLie).isNotEqualTo(asIndexed);
      assertThat(read(store, ChunkOrder.INODE)).isEqualTo(asTheyLie);
      assertThat(read(store, ChunkOrder.NONE)).isEqualTo(asIndexed);
    }
  }

  @Test
  void inodeIsThatOfTheFileAndNoneWhereThereIsNoFile() throws IOException {
    Path file = Files.writeString(base.resolve("file"), "x");
    LocalFiles files = new LocalFiles();
    assertThat(files.inode(file)).isEqualTo(Files.getAttribute(file, "unix:ino"));
    assertThat(files.inode(base.resolve("nobody"))).isZero();
  }
}
