package dev.holdfast.node.recorded;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.manifest.CryptMode;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.BackupType;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.node.testing.TranscriptReplay;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Bodies of a transcript, of whose chunks some were not kept: files of recorded datastores, and
 * else what goes for them. A chunk is then one that says it is encrypted, so that nobody can tell
 * that its digest is another's; a manifest lists what its session closed and sent.
 */
final class StandInBodies implements TranscriptReplay.Bodies {
  private static final byte[] ENCRYPTED = HexFormat.of().parseHex("7b6785be222d4cf0");
  private static final Set<String> UNLISTED = Set.of("index.json.blob", "client.log.blob");
  private static final Pattern PARAMETER = Pattern.compile("[?&]([a-z-]+)=([^& ]*)");

  private final Map<String, Path> files = new HashMap<>();

  /** By the head of the request that opened the session. */
  private final Map<String, List<ManifestFile>> sent = new HashMap<>();

  StandInBodies(List<Path> datastores) throws IOException {
    for (Path datastore : datastores) {
      try (Stream<Path> tree = Files.walk(datastore)) {
        for (Path file : tree.filter(Files::isRegularFile).toList()) {
          files.putIfAbsent(Digest.sha256(Files.readAllBytes(file)).hex(), file);
        }
      }
    }
  }

  static Map<String, String> query(String target) {
    Map<String, String> query = new HashMap<>();
    for (Matcher m = PARAMETER.matcher(target); m.find(); ) {
      query.put(m.group(1), m.group(2));
    }
    return query;
  }

  private static String value(Map<String, String> query, String name) {
    return query.getOrDefault(name, "missing");
  }

  /** Looks through a transcript for what its manifests have to list. */
  void study(List<JsonNode> lines) {
    Map<Integer, String> upgrades = new HashMap<>();
    Map<String, String> names = new HashMap<>();
    for (JsonNode line : lines) {
      int connection = line.path("conn").intValue();
      boolean isRequest = line.path("kind").asText().equals("request");
      if (isRequest && line.path("proto").asText().equals("h1")) {
        upgrades.put(connection, line.path("line").textValue());
        names.clear();
      } else if (isRequest) {
        names.put("stream " + line.path("stream"), path(line));
        sent(upgrades.getOrDefault(connection, ""), line, names);
      } else {
        // The answer to the creation of an index is its number.
        String asked = names.getOrDefault("stream " + line.path("stream"), "");
        String text = line.path("body").path("text").asText("");
        names.put(text.replaceAll("\\D", ""), query(asked).getOrDefault("archive-name", "missing"));
      }
    }
  }

  private void sent(String upgrade, JsonNode line, Map<String, String> names) {
    String path = path(line);
    Map<String, String> query = query(path);
    List<ManifestFile> listed = sent.computeIfAbsent(upgrade, absent -> new ArrayList<>());
    if (path.matches("/(dynamic|fixed)_close\\?.*")) {
      listed.add(
          new ManifestFile(
              new ArchiveName(names.getOrDefault(value(query, "wid"), "missing")),
              CryptMode.NONE,
              Long.parseLong(value(query, "size")),
              Digest.parse(value(query, "csum"))));
    } else if (path.startsWith("/blob?") && !UNLISTED.contains(value(query, "file-name"))) {
      JsonNode body = line.path("body");
      listed.add(
          new ManifestFile(
              new ArchiveName(value(query, "file-name")),
              CryptMode.NONE,
              body.path("size").longValue(),
              Digest.parse(body.path("sha256").textValue())));
    }
  }

  private static String path(JsonNode request) {
    for (JsonNode header : request.path("headers")) {
      if (header.get(0).textValue().equals(":path")) {
        return header.get(1).textValue();
      }
    }
    return "";
  }

  @Override
  public byte[] sent(String upgrade, String asked, JsonNode recorded) throws IOException {
    int bytes = recorded.path("size").intValue();
    byte[] first = HexFormat.of().parseHex(recorded.path("head_hex").asText(""));
    if (first.length == bytes) {
      return first;
    }
    Path file = files.get(recorded.path("sha256").textValue());
    if (file != null) {
      return Files.readAllBytes(file);
    }
    if (asked.contains("index.json.blob")) {
      Map<String, String> query = query(upgrade);
      GroupId group =
          new GroupId(BackupType.parse(value(query, "backup-type")), value(query, "backup-id"));
      long time = Long.parseLong(value(query, "backup-time"));
      return Manifest.of(group.at(time), sent.getOrDefault(upgrade, List.of())).encodeBlob();
    }
    byte[] chunk = new byte[bytes];
    System.arraycopy(ENCRYPTED, 0, chunk, 0, ENCRYPTED.length);
    return chunk;
  }
}
