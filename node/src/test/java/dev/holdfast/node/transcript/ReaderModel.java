package dev.holdfast.node.transcript;

import dev.holdfast.node.transcript.ServerModel.Chunk;
import dev.holdfast.node.transcript.ServerModel.Snapshot;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** A session that reads a snapshot (spec/protocols.md §6). */
final class ReaderModel implements ServerModel.Session {
  private static final String MANIFEST = "index.json.blob";

  private final ServerModel server;
  private final Snapshot snapshot;
  private final String group;
  private final long time;

  /** Chunks of the indexes that were downloaded: whole, before anything of them is asked for. */
  private final Set<String> allowed = new HashSet<>();

  private boolean manifest;

  ReaderModel(ServerModel server, Parameters upgrade, String group) {
    this.server = server;
    this.group = group;
    this.time = upgrade.number("backup-time", 1, Long.MAX_VALUE);
    Snapshot found = server.snapshot(group, time);
    if (found == null) {
      throw new Unacceptable("snapshot " + group + " at " + time + " does not exist");
    }
    this.snapshot = found;
  }

  @Override
  public void asked(Passed.Asked asked, Parameters parameters) {
    switch (asked.call()) {
      case "GET /download" -> {
        String name = parameters.text("file-name");
        Unacceptable.unless(
            snapshot.files().containsKey(name), "open file \"%s\" failed - not found", name);
        Unacceptable.unless(
            manifest || name.equals(MANIFEST) || server.hasManifest(group, time),
            "%s is read, and nothing says what it must be: the manifest was not",
            name);
      }
      case "GET /chunk" -> {
        String digest = parameters.text("digest");
        Unacceptable.unless(allowed.contains(digest), "download chunk %s not allowed", digest);
      }
      default -> throw new Unacceptable("no call of a reader: " + asked.call());
    }
  }

  @Override
  public void answered(Passed.Asked asked, Passed.Answered answer) {
    if (asked.path().equals("/download")) {
      String name = asked.query().getOrDefault("file-name", "");
      manifest |= name.equals(MANIFEST);
      snapshot.files().getOrDefault(name, List.of()).stream()
          .map(Chunk::digest)
          .forEach(allowed::add);
    }
  }

  /** Readers just go. */
  @Override
  public void ended() {}
}
