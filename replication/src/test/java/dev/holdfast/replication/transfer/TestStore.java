package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.chunk.SyncLevel;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.GroupLock;
import dev.holdfast.chunkstore.datastore.SnapshotWriter;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.index.DynamicIndexWriter;
import dev.holdfast.chunkstore.index.FixedIndexWriter;
import dev.holdfast.chunkstore.manifest.CryptMode;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.Holds;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/** A datastore with snapshots made up from a seed. */
final class TestStore implements AutoCloseable {
  static final AuthId OWNER = AuthId.parse("backup@pbs");
  static final ArchiveName ROOT = new ArchiveName("root.pxar.didx");
  static final ArchiveName SECRET = new ArchiveName("secret.pxar.didx");
  static final ArchiveName DISK = new ArchiveName("disk.img.fidx");
  static final ArchiveName CONF = new ArchiveName("machine.conf.blob");

  /** Source: spec/formats.md §2. */
  private static final long ENCRYPTED_MAGIC = 0x7b6785be222d4cf0L;

  static final int IMAGE_CHUNK_BYTES = 4 << 20;

  final Datastore store;
  private final Random random;

  TestStore(String name, Path base, long seed) {
    try {
      // The store makes the directories of prefixes when it needs them.
      Files.createDirectories(base.resolve(".chunks"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    random = new Random(seed);
    store =
        Datastore.open(
            new DatastoreName(name),
            new LocalFiles(),
            base,
            SyncLevel.NONE,
            Holds.NONE,
            InstantSource.system(),
            new Random(seed));
  }

  @Override
  public void close() {
    store.close();
  }

  /** Content of an archive: chunks in order. */
  record Content(List<Digest> digests, List<byte[]> encoded, List<Integer> plainBytes) {
    Content() {
      this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    }

    Content plus(Content more) {
      Content sum = new Content();
      for (Content part : List.of(this, more)) {
        sum.digests.addAll(part.digests);
        sum.encoded.addAll(part.encoded);
        sum.plainBytes.addAll(part.plainBytes);
      }
      return sum;
    }

    private void add(Digest digest, byte[] blob, int bytes) {
      digests.add(digest);
      encoded.add(blob);
      plainBytes.add(bytes);
    }
  }

  /** Chunks of 1 … 20,000 bytes, every third compressible. */
  Content plain(int count) {
    Content content = new Content();
    for (int i = 0; i < count; i++) {
      byte[] plain = new byte[1 + random.nextInt(20_000)];
      if (i % 3 == 0) {
        ByteBuffer.wrap(plain, 0, Math.min(8, plain.length)).put((byte) random.nextInt());
      } else {
        random.nextBytes(plain);
      }
      content.add(
          Digest.sha256(plain), DataBlob.encode(plain, 0, plain.length, true), plain.length);
    }
    return content;
  }

  /** Chunks that look encrypted: to anybody without the key, that is all there is to see. */
  Content encrypted(int count) {
    Content content = new Content();
    for (int i = 0; i < count; i++) {
      byte[] blob = new byte[DataBlob.ENCRYPTED_HEADER_BYTES + 1 + random.nextInt(20_000)];
      random.nextBytes(blob);
      ByteBuffer.wrap(blob).putLong(ENCRYPTED_MAGIC);
      DataBlob.writeCrc(blob, blob.length);
      content.add(Digest.sha256(blob), blob, blob.length - DataBlob.ENCRYPTED_HEADER_BYTES);
    }
    return content;
  }

  /** An image: whole chunks but for the last, which is shorter. */
  Content image(int count) {
    Content content = new Content();
    for (int i = 0; i < count; i++) {
      byte[] plain = new byte[i < count - 1 ? IMAGE_CHUNK_BYTES : 12_345];
      random.nextBytes(plain);
      content.add(
          Digest.sha256(plain), DataBlob.encode(plain, 0, plain.length, true), plain.length);
    }
    return content;
  }

  /**
   * As by a client: to anybody without the key, that there is a signature is all there is to see.
   */
  private static Manifest signed(Manifest manifest) {
    String json = new String(manifest.json(), StandardCharsets.UTF_8);
    String signature = Digest.sha256(manifest.json()).hex();
    return Manifest.parse(
        json.replaceFirst("(\"signature\": *)null", "$1\"" + signature + "\"")
            .getBytes(StandardCharsets.UTF_8));
  }

  /**
   * A finished snapshot with these archives, a configuration blob, and notes; encrypted when all
   * archives are.
   */
  Manifest add(Namespace namespace, SnapshotId snapshot, Map<ArchiveName, Content> archives) {
    store.createNamespaces(namespace);
    try (GroupLock group = store.lockGroup(namespace, snapshot.group(), OWNER);
        SnapshotWriter writer = store.beginSnapshot(namespace, snapshot)) {
      List<ManifestFile> files = new ArrayList<>();
      new TreeMap<>(archives).forEach((name, content) -> files.add(archive(writer, name, content)));
      byte[] conf = new byte[100 + random.nextInt(100)];
      random.nextBytes(conf);
      byte[] blob = DataBlob.encode(conf, 0, conf.length, true);
      writer.blob(CONF, blob);
      boolean secret = archives.keySet().equals(Set.of(SECRET));
      files.add(
          new ManifestFile(
              CONF, secret ? CryptMode.ENCRYPT : CryptMode.NONE, blob.length, Digest.sha256(blob)));
      Manifest plain = Manifest.of(snapshot, files).withNotes("made for a test\nsecond line");
      Manifest manifest = secret ? signed(plain) : plain;
      writer.finishWith(manifest.encodeBlob());
      return manifest;
    }
  }

  private ManifestFile archive(SnapshotWriter writer, ArchiveName name, Content content) {
    long size = content.plainBytes().stream().mapToLong(bytes -> bytes).sum();
    for (int i = 0; i < content.digests().size(); i++) {
      byte[] encoded = content.encoded().get(i);
      var unused = store.chunks().insert(content.digests().get(i), encoded, encoded.length);
    }
    CryptMode crypt = name.equals(SECRET) ? CryptMode.ENCRYPT : CryptMode.NONE;
    if (name.kind() == ArchiveName.Kind.FIXED_INDEX) {
      try (FixedIndexWriter index = writer.fixedIndex(name, size, IMAGE_CHUNK_BYTES)) {
        long start = 0;
        for (int i = 0; i < content.digests().size(); i++) {
          index.set(start, content.plainBytes().get(i), content.digests().get(i));
          start += content.plainBytes().get(i);
        }
        Digest csum = index.checksum();
        index.finish();
        return new ManifestFile(name, crypt, size, csum);
      }
    }
    try (DynamicIndexWriter index = writer.dynamicIndex(name)) {
      long end = 0;
      for (int i = 0; i < content.digests().size(); i++) {
        end += content.plainBytes().get(i);
        index.append(end, content.digests().get(i));
      }
      Digest csum = index.checksum();
      index.finish();
      return new ManifestFile(name, crypt, size, csum);
    }
  }

  /** Files of a snapshot by name, as they are on disk. */
  Map<String, byte[]> files(Namespace namespace, SnapshotId snapshot) {
    Map<String, byte[]> files = new TreeMap<>();
    try (var list = Files.list(store.snapshotPath(namespace, snapshot))) {
      for (Path file : list.toList()) {
        files.put(file.getFileName().toString(), Files.readAllBytes(file));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return files;
  }
}
