package dev.holdfast.chunkstore.fuzz;

import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.blob.EncryptedBlob;
import dev.holdfast.chunkstore.catalog.CatalogEntry;
import dev.holdfast.chunkstore.catalog.CatalogReader;
import dev.holdfast.chunkstore.crypto.KeyFileJson;
import dev.holdfast.chunkstore.crypto.MasterPrivateKey;
import dev.holdfast.chunkstore.crypto.MasterPublicKey;
import dev.holdfast.chunkstore.index.ByteSource;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.pxar.PayloadStream;
import dev.holdfast.chunkstore.pxar.PxarAccessor;
import dev.holdfast.chunkstore.pxar.PxarEntry;
import dev.holdfast.chunkstore.pxar.PxarNode;
import dev.holdfast.chunkstore.pxar.PxarReader;
import dev.holdfast.chunkstore.testing.TestKeys;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.List;

/** All that reads bytes which may come from an enemy or a broken disk. */
enum Decoder {
  BLOB(Seeds::blobs) {
    @Override
    void decode(byte[] data) {
      DataBlob.decode(data, data.length, PLAIN_BYTES_MAX);
    }
  },
  ENCRYPTED_BLOB(Seeds::encryptedBlobs) {
    @Override
    void decode(byte[] data) {
      EncryptedBlob.decode(data, data.length, PLAIN_BYTES_MAX, TestKeys.ofSpecification());
    }
  },
  DYNAMIC_INDEX(() -> Seeds.golden("index/zeros-5m.didx")) {
    @Override
    void decode(byte[] data) {
      ChunkIndex.parse(data, new ArchiveName("root.pxar.didx"), "fuzz");
    }
  },
  FIXED_INDEX(() -> Seeds.golden("index/zeros-5m.fidx")) {
    @Override
    void decode(byte[] data) {
      ChunkIndex.parse(data, new ArchiveName("disk.img.fidx"), "fuzz");
    }
  },
  MANIFEST(() -> Seeds.golden("manifest/elsa.json")) {
    @Override
    void decode(byte[] data) {
      Manifest.parse(data);
    }
  },
  KEY_FILE(Seeds::keyFiles) {
    @Override
    void decode(byte[] data) {
      KeyFileJson.parse(data);
    }
  },
  PUBLIC_KEY(Seeds::publicKeys) {
    @Override
    void decode(byte[] data) {
      MasterPublicKey.parse(data);
    }
  },
  PRIVATE_KEY(Seeds::privateKeys) {
    @Override
    void decode(byte[] data) {
      MasterPrivateKey.parse(data, () -> TestKeys.PASSPHRASE);
    }
  },
  ARCHIVE(Seeds::archives) {
    @Override
    void decode(byte[] data) throws IOException {
      drain(new PxarReader(new ByteArrayInputStream(data), "fuzz.pxar"));
    }
  },
  SPLIT_ARCHIVE(Seeds::splitArchives) {
    @Override
    void decode(byte[] data) throws IOException {
      Seeds.Split split = Seeds.split(data);
      drain(
          new PxarReader(
              new ByteArrayInputStream(split.metadata()),
              "fuzz.mpxar",
              new PayloadStream(new ByteArrayInputStream(split.payload()), "fuzz.ppxar")));
    }
  },
  ARCHIVE_ACCESS(Seeds::archives) {
    @Override
    void decode(byte[] data) throws IOException {
      walk(PxarAccessor.open(ByteSource.of(data), "fuzz.pxar"));
    }
  },
  SPLIT_ARCHIVE_ACCESS(Seeds::splitArchives) {
    @Override
    void decode(byte[] data) throws IOException {
      Seeds.Split split = Seeds.split(data);
      walk(
          PxarAccessor.open(
              ByteSource.of(split.metadata()), "fuzz.mpxar", ByteSource.of(split.payload())));
    }
  },
  CATALOG(Seeds::catalogs) {
    @Override
    void decode(byte[] data) throws IOException {
      CatalogReader catalog = CatalogReader.open(ByteSource.of(data));
      ArrayDeque<CatalogEntry> open = new ArrayDeque<>(List.of(catalog.root()));
      for (int i = 0; i < ENTRIES_MAX && !open.isEmpty(); i++) {
        for (CatalogEntry entry : catalog.list(open.remove())) {
          if (entry.isDirectory()) {
            open.add(entry);
          }
        }
      }
    }
  };

  /** A hostile blob may announce more than it has. */
  private static final int PLAIN_BYTES_MAX = 1 << 20;

  /** A hostile table may lead around in circles, of which a tool sees as many turns as it asks. */
  private static final int ENTRIES_MAX = 1_000;

  private static final int CONTENT_BYTES_MAX = 1 << 20;

  @SuppressWarnings("ImmutableEnumChecker") // a method
  private final Seeds.Source seeds;

  Decoder(Seeds.Source seeds) {
    this.seeds = seeds;
  }

  /** Reads all that there is; whatever is wrong with the data is a BackupException. */
  abstract void decode(byte[] data) throws IOException;

  /** Good data to start from. */
  List<byte[]> seeds() throws IOException {
    return seeds.get();
  }

  private static void drain(PxarReader archive) throws IOException {
    for (PxarEntry entry = archive.next(); entry != null; entry = archive.next()) {
      if (entry instanceof PxarEntry.RegularFile) {
        read(archive.content());
      }
    }
  }

  private static void walk(PxarAccessor archive) throws IOException {
    ArrayDeque<PxarNode> open = new ArrayDeque<>(List.of(archive.root()));
    for (int i = 0; i < ENTRIES_MAX && !open.isEmpty(); i++) {
      PxarNode node = open.remove();
      if (node.isDirectory()) {
        open.addAll(archive.list(node));
        archive.child(node, node.path());
      } else if (node.entry() instanceof PxarEntry.RegularFile) {
        read(archive.content(node).stream(0));
      } else {
        archive.first(node);
      }
    }
  }

  private static void read(InputStream content) throws IOException {
    byte[] block = new byte[4096];
    long done = 0;
    for (int got = content.read(block);
        got >= 0 && done < CONTENT_BYTES_MAX;
        got = content.read(block)) {
      done += got;
    }
  }
}
