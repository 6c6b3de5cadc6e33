package dev.holdfast.node.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.model.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The bodies of a transcript, which has only their SHA-256 and first bytes: files of the datastores
 * that the recorded server kept. A manifest is not among them as the client sent it, since {@code
 * finish} rewrote it.
 */
public final class RecordedBodies implements TranscriptReplay.Bodies {
  private static final Pattern PARAMETER = Pattern.compile("[?&]([a-z-]+)=([^& ]*)");

  private static final int ZSTD_LEVEL = 1;

  private final Map<Digest, Path> files = new HashMap<>();
  private final Path written;

  /**
   * @param written the datastore that the recorded sessions wrote
   * @param others datastores with the rest of its chunks
   */
  public RecordedBodies(Path written, List<Path> others) throws IOException {
    this.written = written;
    index(written);
    for (Path other : others) {
      index(other);
    }
  }

  private void index(Path directory) throws IOException {
    try (Stream<Path> tree = Files.walk(directory)) {
      for (Path file : tree.filter(Files::isRegularFile).toList()) {
        files.putIfAbsent(Digest.sha256(Files.readAllBytes(file)), file);
      }
    }
  }

  /**
   * The bytes of one recorded body that is no text, or null.
   *
   * @param body its size and SHA-256, and its first bytes: all of it, if it is short
   */
  public byte @Nullable [] find(JsonNode body) throws IOException {
    byte[] first = HexFormat.of().parseHex(body.path("head_hex").asText(""));
    if (first.length == body.path("size").intValue()) {
      return first;
    }
    Path file = files.get(Digest.parse(body.path("sha256").textValue()));
    return file == null ? null : Files.readAllBytes(file);
  }

  @Override
  public byte[] sent(String upgrade, String asked, JsonNode body) throws IOException {
    byte[] found = find(body);
    if (found != null) {
      return found;
    }
    byte[] manifest = sentManifest(snapshot(upgrade));
    assertThat(Digest.sha256(manifest).hex()).isEqualTo(body.path("sha256").textValue());
    return manifest;
  }

  /** Of the query of an upgrade request: {@code host/tap/2024-06-10T00:00:00Z}. */
  private static String snapshot(String upgrade) {
    Map<String, String> query = new HashMap<>();
    for (Matcher m = PARAMETER.matcher(upgrade); m.find(); ) {
      query.put(m.group(1), m.group(2));
    }
    Instant time =
        Instant.ofEpochSecond(Long.parseLong(query.getOrDefault("backup-time", "missing")));
    return query.get("backup-type") + "/" + query.get("backup-id") + "/" + time;
  }

  /**
   * The manifest as the client sent it: without what the server wrote into it, and compressed as
   * that client does, in a stream.
   *
   * @param snapshot relative to the datastore
   */
  public byte[] sentManifest(String snapshot) throws IOException {
    byte[] stored = Files.readAllBytes(written.resolve(snapshot).resolve("index.json.blob"));
    byte[] json = Manifest.decodeBlob(stored).withUnprotected("chunk_upload_stats", null).json();
    ByteArrayOutputStream blob = new ByteArrayOutputStream();
    blob.write(stored, 0, DataBlob.HEADER_BYTES);
    try (ZstdOutputStreamNoFinalizer zstd = new ZstdOutputStreamNoFinalizer(blob, ZSTD_LEVEL)) {
      zstd.write(json);
    }
    byte[] encoded = blob.toByteArray();
    DataBlob.writeCrc(encoded, encoded.length);
    return encoded;
  }
}
