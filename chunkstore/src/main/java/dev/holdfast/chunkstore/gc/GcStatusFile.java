package dev.holdfast.chunkstore.gc;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.file.FileContent;
import dev.holdfast.chunkstore.file.FileErrors;
import dev.holdfast.chunkstore.gc.GcStatus.Amount;
import dev.holdfast.chunkstore.gc.GcStatus.Cache;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * {@code .gc-status} of a datastore: the last collection as compact JSON, of this node or of the
 * server that had the directory before (spec/formats.md §9.1).
 *
 * <pre>
 * { "upid": text or null, "index-file-count", "index-data-bytes", "disk-bytes", "disk-chunks",
 *   "removed-bytes", "removed-chunks", "pending-bytes", "pending-chunks", "removed-bad",
 *   "still-bad": numbers, "cache-stats": { "hits", "misses" } or absent }
 * </pre>
 */
public final class GcStatusFile {
  private static final String NAME = Datastore.COLLECTION_STATUS_FILE;

  /** No status comes near. */
  private static final long BYTES_MAX = 64 * 1024;

  private static final JsonMapper JSON = new JsonMapper();

  private GcStatusFile() {}

  /** {@link GcStatus#NONE} when there is no file; CORRUPT_DATA when it is no JSON object. */
  public static GcStatus read(Datastore store) {
    Path file = store.base().resolve(NAME);
    try {
      JsonNode json = JSON.readTree(FileContent.read(store.files(), file, BYTES_MAX));
      if (json.isObject()) {
        return parse(json);
      }
    } catch (NoSuchFileException e) {
      return GcStatus.NONE;
    } catch (JsonProcessingException e) {
      // told below
    } catch (IOException e) {
      throw FileErrors.of("cannot read", file, e);
    }
    throw BackupException.corrupt(
            "'" + NAME + "' of datastore '" + store.name() + "' is not a JSON object")
        .advise("The next garbage collection writes it anew.");
  }

  private static GcStatus parse(JsonNode json) {
    JsonNode cache = json.path("cache-stats");
    return new GcStatus(
        json.path("upid").isTextual() ? json.path("upid").textValue() : null,
        json.path("index-file-count").asLong(),
        json.path("index-data-bytes").asLong(),
        amount(json, "disk"),
        amount(json, "removed"),
        amount(json, "pending"),
        json.path("removed-bad").asLong(),
        json.path("still-bad").asLong(),
        cache.isObject()
            ? new Cache(cache.path("hits").asLong(), cache.path("misses").asLong())
            : null);
  }

  private static Amount amount(JsonNode json, String of) {
    return new Amount(json.path(of + "-bytes").asLong(), json.path(of + "-chunks").asLong());
  }

  /** As the file and the API have it. */
  public static ObjectNode json(GcStatus status) {
    ObjectNode json = JSON.createObjectNode();
    json.put("upid", status.upid())
        .put("index-file-count", status.indexFileCount())
        .put("index-data-bytes", status.indexDataBytes());
    put(json, "disk", status.disk());
    put(json, "removed", status.removed());
    put(json, "pending", status.pending());
    json.put("removed-bad", status.removedBad()).put("still-bad", status.stillBad());
    @Nullable Cache cache = status.cache();
    if (cache != null) {
      json.putObject("cache-stats").put("hits", cache.hits()).put("misses", cache.misses());
    }
    return json;
  }

  private static void put(ObjectNode json, String of, Amount amount) {
    json.put(of + "-bytes", amount.bytes()).put(of + "-chunks", amount.chunks());
  }

  /** Replaces it; a reader sees the old one or the new one. */
  public static void write(Datastore store, GcStatus status) {
    store.replaceFile(NAME, json(status).toString().getBytes(StandardCharsets.UTF_8));
  }
}
