package dev.holdfast.chunkstore.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.index.ByteSource;
import dev.holdfast.chunkstore.pxar.PxarAccessor;
import dev.holdfast.chunkstore.pxar.PxarNode;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.chunkstore.testing.RecordedStore;
import dev.holdfast.chunkstore.testing.Vectors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: names are found in the catalogs of any client, by reading little, and no catalog can
 * lead astray.
 */
final class CatalogReaderTest {
  /** The example of the format's description. */
  private static final String SMALL =
      "91fd60f9c46758d5"
          + "0801660178ac028100"
          + "16036605612e7478740580e2cfaa06"
          + "64016409"
          + "6c026c6e"
          + "1201640e726f6f742e707861722e6469647817"
          + "2800000000000000";

  private static byte[] small() {
    return HexFormat.of().parseHex(SMALL);
  }

  private static String dump(ByteSource source) throws IOException {
    CatalogReader catalog = CatalogReader.open(source);
    StringBuilder text = new StringBuilder();
    dump(catalog, catalog.root(), Bytes.EMPTY, text);
    return text.toString();
  }

  private static void dump(
      CatalogReader catalog, CatalogEntry directory, Bytes path, StringBuilder text)
      throws IOException {
    for (CatalogEntry entry : catalog.list(directory)) {
      Bytes below = path.resolve(entry.name());
      text.append(CatalogLine.of(entry, below)).append('\n');
      if (entry.isDirectory()) {
        dump(catalog, entry, below, text);
      }
    }
  }

  @Test
  void theSmallTreeOfTheFormatsDescriptionIsRead() throws IOException {
    assertThat(dump(ByteSource.of(small())))
        .isEqualTo(
            """
            d "./root.pxar.didx"
            f "./root.pxar.didx/a.txt" 5 2023-11-14T22:13:20Z
            d "./root.pxar.didx/d"
            f "./root.pxar.didx/d/x" 300 1969-12-31T23:59:59Z
            l "./root.pxar.didx/ln"
            """);
  }

  @Test
  void theCatalogOfARealClientListsWhatThatClientPrints(@TempDir Path temporary)
      throws IOException {
    RecordedStore store = RecordedStore.unpack("pbs-3.2.4/datastore-plain.tar.zst", temporary);
    ByteSource catalog = store.archive("host/allkinds/2024-06-05T10:00:00Z/" + CatalogWriter.NAME);
    assertThat(dump(catalog)).isEqualTo(expected("pbs-3.2.4/catalog-dump-allkinds.txt"));
  }

  @Test
  void aSplitArchiveListsTheSameWithoutACatalog(@TempDir Path temporary) throws IOException {
    RecordedStore store = RecordedStore.unpack("pbs-4.2/datastore-split.tar.zst", temporary);
    // A time before 1970 with a fraction: that client cuts it off, catalogs hold the second below.
    String cut = "one-byte\" 1 1969-12-31T00:00:00Z";
    String expected =
        expected("pbs-4.2/catalog-dump-allkinds.txt")
            .replace(cut, "one-byte\" 1 1969-12-30T23:59:59Z");
    assertThat(dump(store, "host/allkinds/2024-07-01T10:00:00Z", "root.mpxar.didx"))
        .isEqualTo(expected);
  }

  @Test
  void severalSplitArchivesAreListedInTheirOrder(@TempDir Path temporary) throws IOException {
    RecordedStore store = RecordedStore.unpack("pbs-4.2/datastore-split.tar.zst", temporary);
    String snapshot = "host/excl/2024-07-01T10:00:00Z";
    assertThat(dump(store, snapshot, "root.mpxar.didx") + dump(store, snapshot, "small.mpxar.didx"))
        .isEqualTo(expected("pbs-4.2/catalog-dump-excl.txt"));
  }

  private static String dump(RecordedStore store, String snapshot, String name) throws IOException {
    PxarAccessor archive = PxarAccessor.open(store.archive(snapshot + "/" + name), name, null);
    StringBuilder text = new StringBuilder();
    dump(archive, archive.root(), Bytes.of(name), text);
    return text.toString();
  }

  private static void dump(PxarAccessor archive, PxarNode directory, Bytes path, StringBuilder text)
      throws IOException {
    for (PxarNode node : archive.list(directory)) {
      Bytes below = path.resolve(node.name());
      CatalogEntry entry = Objects.requireNonNull(CatalogEntry.of(node.entry()));
      text.append(CatalogLine.of(entry, below)).append('\n');
      if (entry.isDirectory()) {
        dump(archive, node, below, text);
      }
    }
  }

  private static String expected(String vector) throws IOException {
    return Files.readString(Vectors.file(vector), StandardCharsets.UTF_8);
  }

  @Test
  void aNameIsFoundByReadingTheTablesOnTheWay(@TempDir Path temporary) throws IOException {
    RecordedStore store = RecordedStore.unpack("pbs-3.2.4/datastore-plain.tar.zst", temporary);
    ByteSource whole = store.archive("host/allkinds/2024-06-05T10:00:00Z/" + CatalogWriter.NAME);
    AtomicLong lowest = new AtomicLong(whole.bytes());
    ByteSource watched =
        new ByteSource() {
          @Override
          public long bytes() {
            return whole.bytes();
          }

          @Override
          public int read(long position, byte[] target, int offset, int length) throws IOException {
            if (position > 0) {
              lowest.accumulateAndGet(position, Math::min);
            }
            return whole.read(position, target, offset, length);
          }
        };
    CatalogReader catalog = CatalogReader.open(watched);
    CatalogEntry archive =
        Objects.requireNonNull(catalog.child(catalog.root(), Bytes.of("root.pxar.didx")));
    CatalogEntry file = Objects.requireNonNull(catalog.child(archive, Bytes.of("B")));
    assertThat(file.kind()).isEqualTo(CatalogEntry.Kind.FILE);
    assertThat(catalog.child(archive, Bytes.of("nobody"))).isNull();
    assertThat(lowest.get()).isEqualTo(archive.table());
  }

  @Test
  void everyCutIsAnErrorAndNoChangedBitGoesInCircles() throws IOException {
    byte[] whole = small();
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> dump(ByteSource.of(cut))).isInstanceOf(BackupException.class);
    }
    int refused = 0;
    for (int bit = 0; bit < whole.length * 8; bit++) {
      byte[] changed = whole.clone();
      changed[bit / 8] ^= (byte) (1 << bit % 8);
      try {
        assertThat(dump(ByteSource.of(changed))).as("bit %d", bit).isNotEmpty();
      } catch (BackupException e) {
        assertThat(e.text()).as("bit %d", bit).startsWith("catalog");
        refused++;
      }
    }
    // The others are in names, sizes and times, which have no check of their own.
    assertThat(refused).isGreaterThan(whole.length * 8 / 3);
  }
}
