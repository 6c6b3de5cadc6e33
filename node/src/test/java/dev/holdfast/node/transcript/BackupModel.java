package dev.holdfast.node.transcript;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.node.transcript.ServerModel.Chunk;
import dev.holdfast.node.transcript.ServerModel.Snapshot;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** A session that writes a snapshot (spec/protocols.md §4.4–4.6, §5.1–5.3). */
final class BackupModel implements ServerModel.Session {
  private static final String MANIFEST = "index.json.blob";
  private static final String CATALOG = "catalog.pcat1.didx";
  private static final int WRITERS_MAX = 256;
  private static final int CHUNK_BYTES_MAX = 16 << 20;
  private static final int ENCODED_BYTES_MAX = CHUNK_BYTES_MAX + 44;
  private static final int BLOB_HEADER_BYTES = 12;
  private static final int APPENDS_MAX = 128;

  private final ServerModel server;
  private final String group;
  private final long time;
  private final Optional<Map.Entry<Long, Snapshot>> last;

  /** Bytes of each chunk that may be appended. */
  private final Map<String, Integer> known = new HashMap<>();

  private final Set<String> uploading = new HashSet<>();
  private final Set<String> previous = new HashSet<>();
  private final Map<Integer, WriterModel> writers = new HashMap<>();

  /** What the manifest has to say of each file: {@code size csum}. */
  private final Map<String, String> facts = new TreeMap<>();

  private final Map<String, List<Chunk>> files = new HashMap<>();
  private boolean timeKnown;
  private boolean finishing;
  private boolean finished;

  BackupModel(ServerModel server, Parameters upgrade, String group) {
    this.server = server;
    this.group = group;
    this.time = upgrade.number("backup-time", 1, Long.MAX_VALUE);
    this.last = server.last(group);
    last.ifPresent(
        found ->
            Unacceptable.unless(
                time > found.getKey(), "backup timestamp is older than last backup."));
  }

  boolean hasManifestOf(String ofGroup, long ofTime) {
    return group.equals(ofGroup)
        && last.isPresent()
        && last.get().getKey() == ofTime
        && previous.contains(MANIFEST);
  }

  @Override
  public void asked(Passed.Asked asked, Parameters parameters) {
    Unacceptable.unless(!finishing, "%s: backup already marked as finished.", asked.call());
    switch (asked.call()) {
      case "GET /previous_backup_time" -> {}
      case "GET /previous" -> previous(parameters.text("archive-name"));
      case "POST /dynamic_index" -> create(parameters.name("archive-name", ".didx"));
      case "POST /fixed_index" -> {
        create(parameters.name("archive-name", ".fidx"));
        var unused = parameters.number("size", 1, Long.MAX_VALUE);
      }
      case "POST /dynamic_chunk", "POST /fixed_chunk" -> upload(asked, parameters);
      case "PUT /dynamic_index", "PUT /fixed_index" -> append(asked);
      case "POST /dynamic_close", "POST /fixed_close" -> close(asked, parameters);
      case "POST /blob" -> blob(asked, parameters);
      case "POST /finish" -> finish();
      default -> throw new Unacceptable("no call of a writer: " + asked.call());
    }
  }

  private void previous(String name) {
    Unacceptable.unless(timeKnown, "previous of %s before previous_backup_time", name);
    Unacceptable.unless(last.isPresent(), "no valid previous backup");
    Unacceptable.unless(
        lastFiles().containsKey(name), "Unable to open \"%s\" of the last backup", name);
    Unacceptable.unless(
        name.equals(MANIFEST) || previous.contains(MANIFEST),
        "previous of %s before the manifest that says whether there is one",
        name);
  }

  private Map<String, List<Chunk>> lastFiles() {
    return last.map(found -> found.getValue().files()).orElse(Map.of());
  }

  private void create(String name) {
    Unacceptable.unless(timeKnown, "%s before previous_backup_time", name);
    Unacceptable.unless(
        last.isEmpty() || previous.contains(MANIFEST),
        "%s before the manifest of the last backup",
        name);
    Unacceptable.unless(
        !lastFiles().containsKey(name) || name.equals(CATALOG) || previous.contains(name),
        "%s without the chunks of the last backup: its index was not asked for",
        name);
    Unacceptable.unless(!files.containsKey(MANIFEST), "%s after the manifest", name);
    Unacceptable.unless(
        !files.containsKey(name) && writers.values().stream().noneMatch(w -> w.name().equals(name)),
        "%s is there already",
        name);
  }

  private void upload(Passed.Asked asked, Parameters parameters) {
    String digest = parameters.text("digest");
    int bytes = (int) parameters.number("size", 1, CHUNK_BYTES_MAX);
    writer(parameters).accepts(asked, bytes);
    bodyAsAnnounced(asked, parameters, BLOB_HEADER_BYTES + 1);
    Unacceptable.unless(
        !known.containsKey(digest) && uploading.add(digest),
        "chunk %s is uploaded though it is known",
        digest);
  }

  private static void bodyAsAnnounced(Passed.Asked asked, Parameters parameters, int bytesMin) {
    long announced = parameters.number("encoded-size", bytesMin, ENCODED_BYTES_MAX);
    Unacceptable.unless(
        announced == asked.body().bytes(),
        "%s with unexpected length (%d != %d)",
        asked.call(),
        announced,
        asked.body().bytes());
  }

  private WriterModel writer(Parameters parameters) {
    return writer((int) parameters.number("wid", 1, WRITERS_MAX));
  }

  private WriterModel writer(int id) {
    WriterModel writer = writers.get(id);
    if (writer == null) {
      throw new Unacceptable("writer '" + id + "' not registered");
    }
    return writer;
  }

  private void append(Passed.Asked asked) {
    String type = asked.headers().getOrDefault("content-type", "");
    Unacceptable.unless(type.startsWith("application/json"), "unsupported content type %s", type);
    JsonNode json = asked.body().json();
    Set<String> names = new HashSet<>();
    json.fieldNames().forEachRemaining(names::add);
    Unacceptable.unless(
        names.equals(Set.of("wid", "digest-list", "offset-list")), "append with %s", names);
    Unacceptable.unless(json.path("wid").isInt(), "'wid': Expected integer value.");
    JsonNode digests = json.path("digest-list");
    JsonNode offsets = json.path("offset-list");
    Unacceptable.unless(
        digests.size() == offsets.size() && digests.size() <= APPENDS_MAX,
        "offset list has wrong length (%d != %d)",
        offsets.size(),
        digests.size());
    WriterModel writer = writer(json.path("wid").intValue());
    for (int i = 0; i < digests.size(); i++) {
      String digest = digests.get(i).textValue();
      Integer bytes = known.get(digest);
      if (bytes == null) {
        throw new Unacceptable("no such chunk " + digest);
      }
      Unacceptable.unless(offsets.get(i).isIntegralNumber(), "Expected integer value.");
      writer.append(asked, offsets.get(i).longValue(), new Chunk(digest, bytes));
    }
  }

  private void close(Passed.Asked asked, Parameters parameters) {
    WriterModel writer = writer(parameters);
    writer.close(asked, parameters);
    writers.remove((int) parameters.number("wid", 1, WRITERS_MAX));
    files.put(writer.name(), writer.chunks());
    facts.put(writer.name(), parameters.text("size") + " " + parameters.text("csum"));
  }

  private void blob(Passed.Asked asked, Parameters parameters) {
    String name = parameters.name("file-name", ".blob");
    bodyAsAnnounced(asked, parameters, BLOB_HEADER_BYTES);
    Unacceptable.unless(!files.containsKey(MANIFEST), "%s after the manifest", name);
    Unacceptable.unless(files.put(name, List.of()) == null, "%s is there already", name);
    byte[] content = asked.body().content();
    if (!name.equals(MANIFEST)) {
      facts.put(name, asked.body().bytes() + (content == null ? "" : " " + Digest.sha256(content)));
      return;
    }
    Unacceptable.unless(writers.isEmpty(), "the manifest before its archives are closed");
    if (content != null) {
      compare(Manifest.decodeBlob(content));
    }
  }

  private void compare(Manifest manifest) {
    Map<String, String> said = new TreeMap<>();
    for (ManifestFile file : manifest.files()) {
      said.put(file.name().text(), file.size() + " " + file.csum());
    }
    Unacceptable.unless(said.equals(facts), "the manifest says %s of %s", said, facts);
  }

  private void finish() {
    Unacceptable.unless(writers.isEmpty(), "found open index writer - unable to finish backup");
    Unacceptable.unless(
        files.containsKey(MANIFEST), "unable to update manifest blob - unable to load blob");
    finishing = true;
  }

  @Override
  public void answered(Passed.Asked asked, Passed.Answered answer) {
    switch (asked.call()) {
      case "GET /previous_backup_time" -> {
        Unacceptable.unless(
            answer.body().json().path("data").isNull() == last.isEmpty(),
            "the server does not have the backups that it should: %s",
            answer.body().json());
        timeKnown = true;
      }
      case "GET /previous" -> {
        String name = asked.query().getOrDefault("archive-name", "");
        previous.add(name);
        lastFiles().getOrDefault(name, List.of()).forEach(c -> known.put(c.digest(), c.bytes()));
      }
      case "POST /dynamic_index", "POST /fixed_index" -> {
        int id = answer.body().json().path("data").intValue();
        writers.put(id, WriterModel.of(asked));
      }
      case "POST /dynamic_chunk", "POST /fixed_chunk" -> {
        Map<String, String> query = asked.query();
        known.put(
            Objects.requireNonNull(query.get("digest")),
            Integer.valueOf(Objects.requireNonNull(query.get("size"))));
      }
      case "POST /finish" -> {
        finished = true;
        server.finished(group, time, new Snapshot(Map.copyOf(files)));
      }
      default -> {}
    }
  }

  @Override
  public void ended() {
    Unacceptable.unless(finished, "backup ended but finished flag is not set.");
  }
}
