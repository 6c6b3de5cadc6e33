package dev.holdfast.node.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.testing.Vectors;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: who has no client at hand gets a file or a directory out of a backup with a browser, as
 * it was saved; and nothing of what was encrypted comes out as rubbish. Ground truth: the recorded
 * datastore and the listing of the directory that went into it.
 */
final class ContentOfArchivesTest {
  /** The top; what {@code .pxarexclude} left out; and a time before 1970 with parts of a second. */
  private static final Set<String> NOT_IN_THE_TAR =
      Set.of(
          ".",
          "excl/a.tmp",
          "excl/nest/b.tmp",
          "excl/only-top",
          "excl/subdir",
          "excl/subdir/f",
          "one-byte");

  @RegisterExtension final StrictVertx strict = new StrictVertx();
  @TempDir Path directory = Path.of("");

  private TestNode node;

  @BeforeEach
  void adoptRecordedStores() throws IOException {
    Path split = Files.createDirectory(directory.resolve("split"));
    Path crypt = Files.createDirectory(directory.resolve("splitcrypt"));
    Vectors.unpack("pbs-4.2/datastore-split.tar.zst", split);
    Vectors.unpack("pbs-4.2/datastore-splitcrypt.tar.zst", crypt);
    node =
        TestNode.configured(
            strict,
            directory,
            "site: lyon",
            "datastores:",
            TestNode.declare(new DatastoreName("split"), split),
            TestNode.declare(new DatastoreName("splitcrypt"), crypt));
  }

  @AfterEach
  void stop() {
    node.close();
  }

  private byte[] get(String store, String id, String call, String name, String value) {
    return get(store, id, call, Map.of(name, value));
  }

  private byte[] get(String store, String id, String call, Map<String, String> more) {
    Map<String, String> query = new TreeMap<>(more);
    query.put("backup-type", "host");
    query.put("backup-id", id);
    query.put("backup-time", "1719828000");
    return node.admin().download("/admin/datastore/" + store + "/" + call, query);
  }

  private static String base64(String path) {
    return Base64.getEncoder().encodeToString(path.getBytes(StandardCharsets.UTF_8));
  }

  /** Sizes of the regular files below a directory of the source, by path within it. */
  private static Map<String, Long> savedBelow(String top) throws IOException {
    Map<String, Long> sizes = new TreeMap<>();
    for (JsonNode entry : Vectors.json("pbs-4.2/source-split-v1.json")) {
      String path = entry.path("path").asText();
      if (path.startsWith(top + "/") && entry.path("type").asText().equals("file")) {
        sizes.put(path.substring(top.length() + 1), entry.path("size").longValue());
      }
    }
    return sizes;
  }

  @Test
  void directoryComesAsAZipWithEveryFileBelowIt() throws IOException {
    Map<String, Long> expected = savedBelow("docs");
    Map<String, Long> found = new TreeMap<>();
    byte[] zip =
        get("split", "split", "pxar-file-download", "filepath", base64("/root.mpxar.didx/docs"));
    try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(zip))) {
      for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        if (!entry.isDirectory()) {
          found.put(entry.getName(), (long) in.readAllBytes().length);
        }
      }
    }
    assertThat(found).isNotEmpty().isEqualTo(expected);
  }

  @Test
  void directoryComesAsATarThatGnuTarReadsWithAllMetadataAndLinks() throws IOException {
    byte[] packed =
        get(
            "split",
            "allkinds",
            "pxar-file-download",
            Map.of("filepath", base64("/root.mpxar.didx"), "tar", "1"));
    Path tar = directory.resolve("all.tar");
    try (InputStream in = new ZstdInputStreamNoFinalizer(new ByteArrayInputStream(packed))) {
      Files.copy(in, tar);
    }
    SortedMap<String, TarListing.Entry> expected = new TreeMap<>();
    Map<Integer, String> firstOfLinks = new TreeMap<>();
    List<JsonNode> saved = new ArrayList<>();
    Vectors.json("pbs-3.2.4/source-allkinds.json").forEach(saved::add);
    // What is in a directory itself comes before what is below.
    saved.sort(Comparator.comparing(entry -> entry.path("path").asText().contains("/")));
    for (JsonNode entry : saved) {
      if (!entry.path("type").asText().equals("socket")
          && !NOT_IN_THE_TAR.contains(entry.path("path").asText())) {
        TarListing.Entry wanted = TarListing.expected(entry, firstOfLinks);
        expected.put(wanted.name(), wanted);
      }
    }
    SortedMap<String, TarListing.Entry> found = TarListing.of(tar);
    assertThat(found.remove("one-byte")).as("with a time that GNU tar misreads").isNotNull();
    assertThat(found).containsExactlyInAnyOrderEntriesOf(expected);
  }

  @Test
  void archiveIsDownloadedWhole() {
    byte[] metadata = get("split", "split", "download-decoded", "file-name", "root.mpxar.didx");
    assertThat(metadata).hasSize(20_460); // as its manifest says
  }

  @Test
  void whatIsEncryptedIsRefused() {
    assertThatThrownBy(
            () ->
                get("splitcrypt", "split-enc", "download-decoded", "file-name", "root.mpxar.didx"))
        .hasMessageContaining("cannot decode 'root.mpxar.didx' - is encrypted");
  }

  @Test
  void pathThatIsNotThereIsNamed() {
    assertThatThrownBy(
            () ->
                get(
                    "split",
                    "split",
                    "pxar-file-download",
                    "filepath",
                    base64("/root.mpxar.didx/absent/file")))
        .hasMessageContaining("path \"/absent/file\" not found");
  }
}
