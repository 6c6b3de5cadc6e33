package dev.holdfast.replication.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.holdfast.chunkstore.blob.BlobCodec;
import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.index.DynamicIndexWriter;
import dev.holdfast.chunkstore.manifest.CryptMode;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.manifest.Protection;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.replication.testing.MemoryPeer;
import dev.holdfast.replication.testing.StrictVertx;
import dev.holdfast.replication.wire.WireClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: the bytes of every backup go up and come down through these. A strict server in memory
 * checks each rule of the upload loop; what comes down is compared byte for byte.
 */
class ArchiveTransferTest {
  private static final ArchiveName NAME = new ArchiveName("root.pxar.didx");
  private static final ArchiveName IMAGE = new ArchiveName("disk.img.fidx");
  private static final SnapshotId SNAPSHOT = SnapshotId.parse("host/web1/2026-11-24T12:00:00Z");
  private static final DatastoreName STORE = new DatastoreName("main");

  @RegisterExtension static final StrictVertx VERTX = new StrictVertx();

  private final MemoryPeer peer = new MemoryPeer(VERTX.vertx());
  private final ExecutorService pool = Executors.newFixedThreadPool(2);
  private final RemoteNode node =
      new RemoteNode(
          VERTX.vertx(),
          peer.address(),
          peer.trust(),
          new Credential.Token(AuthId.parse(MemoryPeer.TOKEN), new Secret(MemoryPeer.SECRET)),
          WireClient.ANSWER_TIMEOUT);

  @AfterEach
  void stop() {
    pool.shutdownNow();
    node.close();
    peer.close();
  }

  private BackupSession backup() {
    return node.openBackup(STORE, Namespace.ROOT.child("a").child("web"), SNAPSHOT, false);
  }

  /** Chunks of differing sizes and compressibility. */
  private static List<byte[]> chunks(int count, long seed) {
    Random random = new Random(seed);
    List<byte[]> chunks = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      byte[] chunk = new byte[1 + random.nextInt(40_000)];
      if (i % 3 != 0) {
        random.nextBytes(chunk);
      }
      chunks.add(chunk);
    }
    return chunks;
  }

  /** The index file that the server would have written. */
  private static byte[] indexOf(List<byte[]> chunks, Path directory) throws IOException {
    Path file = directory.resolve("index.didx");
    Files.deleteIfExists(file);
    try (DynamicIndexWriter writer =
        DynamicIndexWriter.create(new LocalFiles(), file, new UUID(1, 2), 3)) {
      long end = 0;
      for (byte[] chunk : chunks) {
        end += chunk.length;
        writer.append(end, Digest.sha256(chunk));
      }
      writer.finish();
    }
    return Files.readAllBytes(file);
  }

  private static List<Digest> digests(List<byte[]> chunks) {
    return chunks.stream().map(Digest::sha256).toList();
  }

  @Test
  void anArchiveArrivesWholeInOrderAndInBatches() {
    List<byte[]> chunks = chunks(200, 1);
    long bytes = chunks.stream().mapToLong(chunk -> chunk.length).sum();
    try (BackupSession session = backup()) {
      ArchiveUpload upload =
          ArchiveUpload.dynamic(session, NAME, new UploadMeans(new KnownChunks(), pool));
      chunks.forEach(chunk -> upload.chunk(chunk.clone(), chunk.length));
      ManifestFile file = upload.finish();
      session.finish();
      assertThat(file.name()).isEqualTo(NAME);
      assertThat(file.size()).isEqualTo(bytes);
      assertThat(file.crypt()).isEqualTo(CryptMode.NONE);
      assertThat(upload.stats().chunks()).isEqualTo(200);
      assertThat(upload.stats().contentBytes()).isEqualTo(bytes);
      assertThat(upload.stats().encodedBytes()).isLessThan(upload.stats().uploadedBytes());
    }
    assertThat(peer.closed.get(NAME.text())).isEqualTo(digests(chunks));
    assertAppended(200);
    assertThat(peer.queries.getFirst())
        .isEqualTo(
            "backup-id=web1&backup-time="
                + SNAPSHOT.time()
                + "&backup-type=host&benchmark=false&debug=false&ns=a%2Fweb&store=main");
  }

  private void assertAppended(int count) {
    assertThat(peer.appends.stream().mapToInt(size -> size).sum()).isEqualTo(count);
    assertThat(peer.appends.subList(0, peer.appends.size() - 1))
        .allMatch(
            size ->
                size >= ArchiveUpload.ENTRIES_PER_APPEND
                    && size <= ArchiveUpload.ENTRIES_PER_APPEND_MAX);
  }

  @Test
  void appendsGrowWithWhatGetsReadyWhileOneIsUnderWay() {
    byte[] chunk = {1};
    try (BackupSession session = backup()) {
      ArchiveUpload upload =
          ArchiveUpload.dynamic(session, NAME, new UploadMeans(new KnownChunks(), pool));
      for (int i = 0; i < 20_000; i++) {
        upload.chunk(chunk.clone(), chunk.length);
      }
      upload.finish();
    }
    assertAppended(20_000);
    assertThat(peer.appends).hasSizeLessThan(20_000 / ArchiveUpload.ENTRIES_PER_APPEND);
  }

  @Test
  void equalChunksAreSentOnceAlsoWhileTheFirstIsUnderWay() {
    byte[] chunk = new byte[100_000];
    new Random(2).nextBytes(chunk);
    try (BackupSession session = backup()) {
      ArchiveUpload upload =
          ArchiveUpload.dynamic(session, NAME, new UploadMeans(new KnownChunks(), pool));
      for (int i = 0; i < 50; i++) {
        upload.chunk(chunk.clone(), chunk.length);
      }
      upload.finish();
      assertThat(upload.stats().uploadedChunks()).isEqualTo(1);
      assertThat(upload.stats().reusedBytes()).isEqualTo(49L * chunk.length);
    }
    assertThat(peer.requests.stream().filter(one -> one.endsWith("/dynamic_chunk"))).hasSize(1);
    assertThat(peer.closed.get(NAME.text())).hasSize(50);
  }

  @Test
  void aSecondBackupSendsOnlyWhatChanged(@TempDir Path directory) throws IOException {
    List<byte[]> chunks = chunks(100, 3);
    byte[] index = indexOf(chunks, directory);
    peer.previous.put(NAME.text(), index);
    Digest csum = ChunkIndex.parse(index.clone(), NAME, "test").checksum();
    long size = chunks.stream().mapToLong(chunk -> chunk.length).sum();
    Manifest previous =
        Manifest.of(SNAPSHOT, List.of(new ManifestFile(NAME, CryptMode.NONE, size, csum)));
    List<byte[]> changed = new ArrayList<>(chunks);
    changed.set(50, new byte[] {1, 2, 3});
    try (BackupSession session = backup()) {
      assertThat(session.previousTime()).hasValue(1_700_000_000);
      KnownChunks known = new KnownChunks();
      assertThat(known.addPrevious(session, previous, NAME, Protection.NONE)).isNull();
      ArchiveUpload upload = ArchiveUpload.dynamic(session, NAME, new UploadMeans(known, pool));
      changed.forEach(chunk -> upload.chunk(chunk.clone(), chunk.length));
      upload.finish();
      assertThat(upload.stats().uploadedChunks()).isEqualTo(1);
      assertThat(upload.stats().uploadedBytes()).isEqualTo(3);
    }
    assertThat(peer.closed.get(NAME.text())).isEqualTo(digests(changed));
  }

  @Test
  void aPreviousIndexThatIsNotTheManifestsIsNotUsed(@TempDir Path directory) throws IOException {
    peer.previous.put(NAME.text(), indexOf(chunks(5, 4), directory));
    Manifest other =
        Manifest.of(
            SNAPSHOT,
            List.of(new ManifestFile(NAME, CryptMode.NONE, 1, Digest.sha256(new byte[0]))));
    try (BackupSession session = backup()) {
      KnownChunks known = new KnownChunks();
      assertThat(known.addPrevious(session, other, NAME, Protection.NONE)).contains("cannot use");
      assertThat(known.addPrevious(session, null, NAME, Protection.NONE)).isNotNull();
      assertThat(known.size()).isZero();
    }
  }

  @Test
  void anImageIsCutAtMultiplesOfFourMebibytes() {
    byte[] content = new byte[(9 << 20) + 5];
    new Random(5).nextBytes(content);
    try (BackupSession session = backup()) {
      ArchiveUpload upload =
          ArchiveUpload.fixed(
              session,
              IMAGE,
              content.length,
              new UploadMeans(new KnownChunks(), pool),
              ChunkWindow.ofBytes(ChunkWindow.BYTES_DEFAULT));
      try (ChunkingOutputStream out = ChunkingOutputStream.fixed(upload)) {
        for (int at = 0; at < content.length; at += 1_000_003) {
          out.write(content, at, Math.min(1_000_003, content.length - at));
        }
      }
      assertThat(upload.finish().size()).isEqualTo(content.length);
    }
    int[] starts = {0, 4 << 20, 8 << 20};
    int[] ends = {4 << 20, 8 << 20, content.length};
    assertThat(peer.closed.get(IMAGE.text()))
        .isEqualTo(
            IntStream.range(0, 3)
                .mapToObj(i -> Digest.sha256(content, starts[i], ends[i] - starts[i]))
                .toList());
  }

  @Test
  void storedChunksArePushedAsTheyAreAndReadOnlyWhenNeeded() {
    List<byte[]> chunks = chunks(20, 6);
    AtomicInteger reads = new AtomicInteger();
    try (BackupSession session = backup()) {
      ArchiveUpload upload =
          ArchiveUpload.dynamic(session, NAME, new UploadMeans(new KnownChunks(), pool));
      for (int round = 0; round < 2; round++) {
        for (byte[] chunk : chunks) {
          upload.stored(
              Digest.sha256(chunk),
              chunk.length,
              () -> {
                reads.incrementAndGet();
                return DataBlob.encode(chunk, 0, chunk.length, false);
              });
        }
      }
      upload.finish();
    }
    assertThat(reads).hasValue(20);
    assertThat(peer.closed.get(NAME.text())).hasSize(40);
  }

  @Test
  void theServersRefusalOfAChunkIsTheErrorAndEndsTheUpload() {
    AtomicInteger seen = new AtomicInteger();
    peer.refuse =
        exchange ->
            exchange.path().equals("/dynamic_chunk") && seen.incrementAndGet() == 5
                ? "detected chunk with wrong digest."
                : null;
    try (BackupSession session = backup()) {
      ArchiveUpload upload =
          ArchiveUpload.dynamic(
              session,
              NAME,
              new UploadMeans(new KnownChunks(), pool),
              ChunkWindow.ofBytes(100_000));
      Throwable thrown =
          catchThrowable(
              () -> {
                chunks(500, 7).forEach(chunk -> upload.chunk(chunk.clone(), chunk.length));
                upload.finish();
              });
      assertThat(thrown)
          .isInstanceOf(BackupException.class)
          .hasMessage("detected chunk with wrong digest.");
      // An error never ends a session.
      assertThat(session.previousTime()).isEmpty();
    }
    assertThat(peer.closed).isEmpty();
  }

  @Test
  void anErrorOnThePoolEndsTheUploadAndNobodyWaitsForIt() {
    OutOfMemoryError memory = new OutOfMemoryError("test");
    try (BackupSession session = backup()) {
      ArchiveUpload upload =
          ArchiveUpload.dynamic(session, NAME, new UploadMeans(new KnownChunks(), pool));
      upload.stored(
          Digest.sha256(new byte[] {1}),
          1,
          () -> {
            throw memory;
          });
      assertThat(catchThrowable(upload::finish)).isSameAs(memory);
    }
  }

  @Test
  void losingTheServerEndsTheUpload() {
    try (BackupSession session = backup()) {
      ArchiveUpload upload =
          ArchiveUpload.dynamic(session, NAME, new UploadMeans(new KnownChunks(), pool));
      chunks(10, 8).forEach(chunk -> upload.chunk(chunk.clone(), chunk.length));
      peer.close();
      Throwable thrown =
          catchThrowable(
              () -> {
                chunks(5000, 9).forEach(chunk -> upload.chunk(chunk.clone(), chunk.length));
                upload.finish();
              });
      assertThat(thrown).isInstanceOf(BackupException.class);
      assertThat(((BackupException) thrown).kind()).isEqualTo(Kind.PEER_UNREACHABLE);
      assertThat(thrown).hasMessageContaining(peer.address().toString());
    }
  }

  @Test
  void anArchiveComesDownAsItWas(@TempDir Path directory) throws IOException {
    List<byte[]> chunks = new ArrayList<>(chunks(100, 10));
    chunks.add(40, chunks.get(40));
    byte[] whole = store(chunks, directory);
    try (ReaderSession session = node.openReader(STORE, Namespace.ROOT, SNAPSHOT)) {
      ChunkIndex index = session.index(NAME);
      try (ArchiveDownload in =
          new ArchiveDownload(session, index, BlobCodec.PLAIN, pool, "peer:" + NAME, 7, 100_000)) {
        assertThat(in.readAllBytes()).isEqualTo(whole);
        assertThat(in.read()).isEqualTo(-1);
      }
      // Chunk 40 stands there twice in a row and was fetched once.
      assertThat(peer.requests.stream().filter(one -> one.equals("GET /chunk"))).hasSize(100);
    }
  }

  @Test
  void skippingFetchesOnlyWhatIsRead(@TempDir Path directory) throws IOException {
    byte[] whole = store(chunks(100, 11), directory);
    try (ReaderSession session = node.openReader(STORE, Namespace.ROOT, SNAPSHOT)) {
      ChunkIndex index = session.index(NAME);
      try (ArchiveDownload in =
          new ArchiveDownload(session, index, BlobCodec.PLAIN, pool, "test", 2, 1 << 20)) {
        int to = whole.length - 5;
        assertThat(in.skip(to)).isEqualTo(to);
        assertThat(in.readAllBytes())
            .containsExactly(java.util.Arrays.copyOfRange(whole, to, whole.length));
        assertThat(in.skip(1)).isZero();
      }
      assertThat(peer.requests.stream().filter(one -> one.equals("GET /chunk"))).hasSizeLessThan(3);
    }
  }

  @Test
  void aDamagedChunkIsNeverReadAndIsNamed(@TempDir Path directory) throws IOException {
    List<byte[]> chunks = chunks(10, 12);
    store(chunks, directory);
    Digest bad = Digest.sha256(chunks.get(5));
    byte[] other = chunks.get(6);
    List<byte[]> damages =
        List.of(
            new byte[3],
            flipped(Objects.requireNonNull(peer.chunks.get(bad))),
            DataBlob.encode(other, 0, other.length, true));
    for (byte[] damage : damages) {
      peer.chunks.put(bad, damage);
      try (ReaderSession session = node.openReader(STORE, Namespace.ROOT, SNAPSHOT);
          ArchiveDownload in =
              new ArchiveDownload(
                  session, session.index(NAME), BlobCodec.PLAIN, pool, "memory:" + NAME)) {
        Throwable thrown = catchThrowable(in::readAllBytes);
        assertThat(thrown)
            .isInstanceOf(BackupException.class)
            .hasMessageContaining("memory:root.pxar.didx: chunk " + bad);
        assertThat(((BackupException) thrown).kind()).isEqualTo(Kind.CORRUPT_DATA);
      }
    }
  }

  @Test
  void aReaderGetsOnlyChunksOfIndexesItDownloaded(@TempDir Path directory) throws IOException {
    List<byte[]> chunks = chunks(3, 13);
    store(chunks, directory);
    try (ReaderSession session = node.openReader(STORE, Namespace.ROOT, SNAPSHOT)) {
      Digest digest = Digest.sha256(chunks.getFirst());
      Throwable thrown = catchThrowable(() -> session.chunk(digest));
      assertThat(thrown).hasMessage("download chunk " + digest + " not allowed");
      assertThat(((BackupException) thrown).kind()).isEqualTo(Kind.UNAUTHENTICATED);
      session.index(NAME);
      assertThat(session.chunk(digest)).isEqualTo(peer.chunks.get(digest));
      Throwable absent =
          catchThrowable(() -> session.download(new ArchiveName("absent.conf.blob")));
      assertThat(((BackupException) absent).kind()).isEqualTo(Kind.NOT_FOUND);
    }
  }

  @Test
  void closingAReaderFailsWhatIsPending() {
    ReaderSession session = node.openReader(STORE, Namespace.ROOT, SNAPSHOT);
    session.close();
    CompletableFuture<byte[]> late = session.chunkAsync(Digest.sha256(new byte[0]));
    assertThat(late).failsWithin(java.time.Duration.ofSeconds(10));
  }

  private static byte[] flipped(byte[] bytes) {
    byte[] copy = bytes.clone();
    copy[copy.length - 1] ^= 1;
    return copy;
  }

  private byte[] store(List<byte[]> chunks, Path directory) throws IOException {
    java.io.ByteArrayOutputStream whole = new java.io.ByteArrayOutputStream();
    for (byte[] chunk : chunks) {
      whole.writeBytes(chunk);
      peer.chunks.put(Digest.sha256(chunk), DataBlob.encode(chunk, 0, chunk.length, true));
    }
    peer.files.put(NAME.text(), indexOf(chunks, directory));
    return whole.toByteArray();
  }
}
