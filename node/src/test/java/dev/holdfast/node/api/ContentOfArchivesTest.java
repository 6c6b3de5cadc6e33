package dev.holdfast.node.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.testing.Vectors;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
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
    Map<String, String> query = new TreeMap<>();
    query.put("backup-type", "host");
    query.put("backup-id", id);
    query.put("backup-time", "1719828000");
    query.put(name, value);
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
