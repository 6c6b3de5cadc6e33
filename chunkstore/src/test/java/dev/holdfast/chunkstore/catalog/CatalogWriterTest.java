package dev.holdfast.chunkstore.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.pxar.PxarEntry;
import dev.holdfast.chunkstore.pxar.PxarEntrySink;
import dev.holdfast.chunkstore.pxar.PxarMetadata;
import dev.holdfast.chunkstore.pxar.PxarReader;
import dev.holdfast.chunkstore.pxar.PxarStat;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.chunkstore.pxar.posix.FileMode;
import dev.holdfast.chunkstore.testing.Vectors;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** At stake: real clients list and browse what we back up, without reading the archives. */
class CatalogWriterTest {
  private static final ArchiveName ROOT = new ArchiveName("root.pxar.didx");
  private static final PxarMetadata NOTHING = PxarMetadata.NONE;

  @Test
  void aSmallTreeHasTheBytesOfTheFormatsDescription() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    CatalogWriter catalog = new CatalogWriter(out);
    PxarEntrySink archive = catalog.archive(ROOT);
    archive.entry(new PxarEntry.Directory(Bytes.EMPTY, stat(FileMode.DIRECTORY, 0), NOTHING));
    archive.entry(file("a.txt", 5, 1_700_000_000));
    archive.entry(new PxarEntry.Directory(Bytes.of("d"), stat(FileMode.DIRECTORY, 0), NOTHING));
    archive.entry(file("x", 300, -1));
    archive.entry(new PxarEntry.DirectoryEnd());
    archive.entry(
        new PxarEntry.Symlink(
            Bytes.of("ln"), stat(FileMode.SYMLINK, 0), NOTHING, Bytes.of("a.txt")));
    archive.entry(new PxarEntry.DirectoryEnd());
    catalog.finish();
    assertThat(HexFormat.of().formatHex(out.toByteArray()))
        .isEqualTo(
            "91fd60f9c46758d5"
                + "0801660178ac028100"
                + "16036605612e7478740580e2cfaa06"
                + "64016409"
                + "6c026c6e"
                + "1201640e726f6f742e707861722e6469647817"
                + "2800000000000000");
  }

  private static PxarEntry file(String name, long bytes, long modifySeconds) {
    return new PxarEntry.RegularFile(
        Bytes.of(name), stat(FileMode.REGULAR, modifySeconds), NOTHING, 0, bytes, 0);
  }

  private static PxarStat stat(int type, long modifySeconds) {
    return new PxarStat(type | 0644, 0, 0, 0, modifySeconds, 0);
  }

  @Test
  void theCatalogOfARealClientsArchiveIsTheOneThatItWrote(@TempDir Path temporary)
      throws IOException {
    Path store = Vectors.unpack("pbs-3.2.4/datastore-plain.tar.zst", temporary);
    Path snapshot = store.resolve("host/allkinds/2024-06-05T10:00:00Z");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    CatalogWriter catalog = new CatalogWriter(out);
    PxarReader reader = new PxarReader(new ByteArrayInputStream(content(store, snapshot, ROOT)));
    PxarEntrySink sink = catalog.archive(ROOT);
    for (PxarEntry entry = reader.next(); entry != null; entry = reader.next()) {
      sink.entry(entry);
    }
    catalog.finish();
    assertThat(out.toByteArray()).isEqualTo(content(store, snapshot, CatalogWriter.NAME));
  }

  private static byte[] content(Path store, Path snapshot, ArchiveName name) throws IOException {
    ChunkIndex index = ChunkIndex.read(new LocalFiles(), snapshot.resolve(name.text()), name);
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    for (int i = 0; i < index.chunkCount(); i++) {
      String hex = index.digest(i).hex();
      Path file = store.resolve(".chunks").resolve(hex.substring(0, 4)).resolve(hex);
      byte[] encoded = Files.readAllBytes(file);
      content.write(DataBlob.decode(encoded, encoded.length, index.chunkBytes(i)));
    }
    return content.toByteArray();
  }

  @Test
  void anArchiveThatIsNotEndedIsAMistakeOfTheCaller() throws IOException {
    CatalogWriter catalog = new CatalogWriter(new ByteArrayOutputStream());
    catalog
        .archive(ROOT)
        .entry(new PxarEntry.Directory(Bytes.EMPTY, stat(FileMode.DIRECTORY, 0), NOTHING));
    assertThatThrownBy(catalog::finish).isInstanceOf(IllegalStateException.class);
  }
}
