package dev.holdfast.replication.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.blob.BlobCodec;
import dev.holdfast.chunkstore.crypto.EncryptionKey;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.index.ChunkIndex;
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
import dev.holdfast.chunkstore.testing.FixedRandom;
import dev.holdfast.chunkstore.testing.RecordedStore;
import dev.holdfast.chunkstore.testing.TestKeys;
import dev.holdfast.chunkstore.testing.Vectors;
import dev.holdfast.replication.testing.MemoryPeer;
import dev.holdfast.replication.testing.StrictVertx;
import dev.holdfast.replication.wire.WireClient;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: the same content under the same key must give the same requests as a real client makes,
 * and what real clients encrypted must come down as it was, or not at all.
 */
class EncryptedTransferTest {
  private static final ArchiveName ROOT = new ArchiveName("root.pxar.didx");
  private static final ArchiveName CATALOG = new ArchiveName("catalog.pcat1.didx");
  private static final ArchiveName CONF = new ArchiveName("guest.conf.blob");
  private static final SnapshotId RECORDED = SnapshotId.parse("host/tapenc/2024-06-10T00:00:00Z");
  private static final SnapshotId ENCRYPTED = SnapshotId.parse("host/enc/2024-06-05T10:00:00Z");
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

  @TempDir private Path directory = Path.of("");

  @SuppressWarnings("NullAway.Init") // before each test
  private EncryptionKey key;

  @BeforeEach
  void key() throws IOException {
    key = TestKeys.recorded("key-none.json");
  }

  @AfterEach
  void stop() {
    pool.shutdownNow();
    node.close();
    peer.close();
  }

  @Test
  void makesTheRequestsOfARealClient() throws IOException {
    Path store =
        Vectors.unpack("pbs-3.2.4/transcripts/datastore-of-backups.tar.zst", directory)
            .resolve("scratch");
    BlobCodec codec = BlobCodec.encrypted(key, FixedRandom.of(1));
    byte[] root = content(store, ROOT, codec);
    byte[] catalog = content(store, CATALOG, codec);
    List<String> sent = new CopyOnWriteArrayList<>();
    peer.refuse =
        exchange -> {
          sent.add(request(exchange.method(), exchange.path(), exchange.query()));
          return null;
        };
    Protection protection = Protection.encrypt(key, FixedRandom.of(2));
    try (BackupSession session = node.openBackup(STORE, Namespace.ROOT, RECORDED, false)) {
      assertThat(session.previousTime()).isEmpty();
      KnownChunks known = new KnownChunks();
      UploadMeans means = new UploadMeans(known, pool, protection);
      ArchiveUpload second = ArchiveUpload.dynamic(session, CATALOG, means);
      ArchiveUpload first = ArchiveUpload.dynamic(session, ROOT, means);
      first.chunk(root.clone(), root.length);
      ManifestFile rootFile = first.finish();
      second.chunk(catalog.clone(), catalog.length);
      ManifestFile catalogFile = second.finish();
      Manifest manifest = protection.signed(Manifest.of(RECORDED, List.of(rootFile, catalogFile)));
      session.blob(ArchiveName.MANIFEST, manifest.encodeBlob());
      session.finish();
      assertSameProtectedPart(
          manifest, Manifest.decodeBlob(Files.readAllBytes(file(store, ArchiveName.MANIFEST))));
    }
    assertThat(sent).isEqualTo(recordedRequests());
    // What lies there now is what a reader with the key understands.
    for (byte[] chunk : peer.chunks.values()) {
      assertThat(codec.decode(chunk, chunk.length, 1000)).isIn(root, catalog);
    }
  }

  private static void assertSameProtectedPart(Manifest ours, Manifest recorded) {
    assertThat(ours.files()).isEqualTo(recorded.files());
    assertThat(ours.keyFingerprint()).isEqualTo(recorded.keyFingerprint());
    assertThat(ours.sameContent(recorded)).isTrue(); // with the signature
  }

  /** The parameters sorted, without the sizes of compressed and signed things. */
  private static String request(String method, String path, String query) {
    String[] parameters =
        Arrays.stream(query.split("&", -1))
            .filter(one -> !one.startsWith("encoded-size="))
            .sorted()
            .toArray(String[]::new);
    return method + " " + path + " " + String.join("&", parameters);
  }

  private static List<String> recordedRequests() throws IOException {
    List<String> requests = new ArrayList<>();
    for (JsonNode line : Vectors.jsonLines("pbs-3.2.4/transcripts/backup-encrypted-token.jsonl")) {
      if (line.path("proto").asText().equals("h2")
          && line.path("kind").asText().equals("request")) {
        String path = header(line, ":path");
        int question = path.indexOf('?');
        requests.add(
            request(
                header(line, ":method"),
                question < 0 ? path : path.substring(0, question),
                question < 0 ? "" : path.substring(question + 1)));
      }
    }
    return requests;
  }

  private static String header(JsonNode line, String name) {
    for (JsonNode header : line.path("headers")) {
      if (header.path(0).asText().equals(name)) {
        return header.path(1).asText();
      }
    }
    throw new AssertionError("no " + name + " in " + line);
  }

  private static Path file(Path store, ArchiveName name) {
    return store.resolve(RECORDED.toString()).resolve(name.text());
  }

  private static byte[] content(Path store, ArchiveName name, BlobCodec codec) throws IOException {
    ChunkIndex index = new RecordedStore(store).index(RECORDED + "/" + name);
    assertThat(index.chunkCount()).isEqualTo(1);
    byte[] chunk = Files.readAllBytes(chunk(store, index.digest(0)));
    return codec.decode(chunk, chunk.length, index.chunkBytes(0));
  }

  private static Path chunk(Path store, Digest digest) {
    String hex = digest.hex();
    return store.resolve(".chunks").resolve(hex.substring(0, 4)).resolve(hex);
  }

  @Test
  void whatARealClientEncryptedComesDownAsItWas() throws IOException {
    Path store = serve();
    byte[] plain =
        RecordedStore.unpack(
                "pbs-3.2.4/datastore-plain.tar.zst",
                Files.createDirectory(directory.resolve("plain")))
            .content("host/allkinds/2024-06-05T10:00:00Z/root.pxar.didx");
    try (ReaderSession session = reader()) {
      SnapshotFiles files = SnapshotFiles.open(session, ENCRYPTED, () -> key);
      assertThat(read(files)).isEqualTo(plain);
      assertThat(new String(files.blob(files.file(CONF)), StandardCharsets.UTF_8))
          .hasSize(74)
          .contains("memory");
      // Without the key nothing comes out but what says which key is needed.
      refused(
          Kind.UNAUTHENTICATED,
          "missing key - manifest of "
              + ENCRYPTED
              + " was created with key 03:e1:6a:76:bc:3e:33:37",
          () -> SnapshotFiles.open(session, ENCRYPTED, () -> null));
      SnapshotFiles without = SnapshotFiles.openUnchecked(session, ENCRYPTED, () -> null);
      refused(
          Kind.UNAUTHENTICATED,
          ENCRYPTED + "/" + CONF + " is encrypted",
          () -> without.blob(without.file(CONF)));
    }
    assertThat(store).exists();
  }

  @Test
  void aChunkThatTheServerExchangedIsRefused() throws IOException {
    Path store = serve();
    ChunkIndex index = new RecordedStore(store).index(ENCRYPTED + "/" + ROOT);
    Digest attacked = index.digest(1);
    byte[] right = Objects.requireNonNull(peer.chunks.get(attacked));
    EncryptionKey other = EncryptionKey.generate(FixedRandom.of(9));
    byte[] plain = new byte[index.chunkBytes(1)];
    List<byte[]> wrong =
        List.of(
            Objects.requireNonNull(peer.chunks.get(index.digest(0))),
            BlobCodec.PLAIN.encode(plain, 0, plain.length, true),
            BlobCodec.encrypted(other, FixedRandom.of(1)).encode(plain, 0, plain.length, true),
            BlobCodec.encrypted(key, FixedRandom.of(1)).encode(plain, 0, plain.length, true),
            Arrays.copyOf(right, right.length - 1));
    for (byte[] chunk : wrong) {
      peer.chunks.put(attacked, chunk);
      try (ReaderSession session = reader()) {
        SnapshotFiles files = SnapshotFiles.open(session, ENCRYPTED, () -> key);
        BackupException thrown = failure(() -> read(files));
        assertThat(thrown.kind()).isEqualTo(Kind.CORRUPT_DATA);
        assertThat(thrown).hasMessageContaining(ENCRYPTED + "/" + ROOT + ": chunk " + attacked);
      }
    }
  }

  @Test
  void filesThatTheServerExchangedAreRefused() throws IOException {
    serve();
    byte[] manifest = Objects.requireNonNull(peer.files.get(ArchiveName.MANIFEST.text()));
    byte[] conf = Objects.requireNonNull(peer.files.get(CONF.text()));
    byte[] fake =
        BlobCodec.encrypted(key, FixedRandom.of(1)).encode(new byte[] {1, 2, 3}, 0, 3, true);
    peer.files.put(CONF.text(), fake);
    try (ReaderSession session = reader()) {
      SnapshotFiles files = SnapshotFiles.open(session, ENCRYPTED, () -> key);
      refused(
          Kind.CORRUPT_DATA,
          ENCRYPTED
              + "/"
              + CONF
              + " has digest "
              + Digest.sha256(fake)
              + ", its manifest says "
              + Digest.sha256(conf),
          () -> files.blob(files.file(CONF)));
    }
    // A manifest that fits the exchanged blob lacks the signature,
    String text = new String(Manifest.decodeBlob(manifest).json(), StandardCharsets.UTF_8);
    String changed = text.replace(Digest.sha256(conf).hex(), Digest.sha256(fake).hex());
    peer.files.put(
        ArchiveName.MANIFEST.text(),
        Manifest.parse(changed.getBytes(StandardCharsets.UTF_8)).encodeBlob());
    try (ReaderSession session = reader()) {
      BackupException thrown = failure(() -> SnapshotFiles.open(session, ENCRYPTED, () -> key));
      assertThat(thrown.kind()).isEqualTo(Kind.CORRUPT_DATA);
      assertThat(thrown).hasMessageContaining("has signature");
    }
    // and a good manifest of another snapshot is not the one that was asked for.
    peer.files.put(ArchiveName.MANIFEST.text(), manifest);
    SnapshotId asked = SnapshotId.parse("host/other/2024-06-05T10:00:00Z");
    try (ReaderSession session = reader()) {
      refused(
          Kind.CORRUPT_DATA,
          "manifest of " + asked + " is signed as that of " + ENCRYPTED,
          () -> SnapshotFiles.open(session, asked, () -> key));
    }
  }

  /** Puts the recorded snapshot into the peer. */
  private Path serve() throws IOException {
    Path store = Vectors.unpack("pbs-3.2.4/datastore-crypt.tar.zst", directory);
    Path snapshot = store.resolve(ENCRYPTED.toString());
    for (ArchiveName name : List.of(ROOT, CATALOG, CONF, ArchiveName.MANIFEST)) {
      peer.files.put(name.text(), Files.readAllBytes(snapshot.resolve(name.text())));
    }
    for (ArchiveName name : List.of(ROOT, CATALOG)) {
      ChunkIndex index = new RecordedStore(store).index(ENCRYPTED + "/" + name);
      for (int i = 0; i < index.chunkCount(); i++) {
        peer.chunks.put(index.digest(i), Files.readAllBytes(chunk(store, index.digest(i))));
      }
    }
    return store;
  }

  private ReaderSession reader() {
    return node.openReader(STORE, Namespace.ROOT, ENCRYPTED);
  }

  private byte[] read(SnapshotFiles files) throws IOException {
    ManifestFile file = files.file(ROOT);
    try (InputStream in = files.content(file, files.index(file), pool)) {
      return in.readAllBytes();
    }
  }

  private interface Work {
    @Nullable Object run() throws IOException;
  }

  private static BackupException failure(Work work) {
    Throwable thrown = catchThrowable(work::run);
    assertThat(thrown).isInstanceOf(BackupException.class);
    return (BackupException) thrown;
  }

  private static void refused(Kind kind, String text, Work work) {
    BackupException thrown = failure(work);
    assertThat(thrown.text()).isEqualTo(text);
    assertThat(thrown.kind()).isEqualTo(kind);
  }
}
