package dev.holdfast.node.transcript;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A server without bytes: it knows what it was told and judges what it is asked. {@link
 * Unacceptable} is what a real server would refuse (spec/protocols.md §4 and §6), and what a client
 * must not leave out (§5). It remembers the snapshots of earlier conversations.
 */
public final class ServerModel {
  /** Calls outside of a session that the commands of a client make (§7). */
  private static final Set<String> REST =
      Set.of("POST /access/ticket", "GET /version", "GET /admin/datastore/STORE/snapshots");

  private final Map<String, TreeMap<Long, Snapshot>> groups = new HashMap<>();
  private final Map<Integer, Session> sessions = new HashMap<>();
  private final Map<String, Passed.Asked> open = new HashMap<>();

  /** A part of an archive, as its index names it. */
  record Chunk(String digest, int bytes) {}

  /** What a finished backup left: its files by name, blobs without chunks. */
  record Snapshot(Map<String, List<Chunk>> files) {}

  /** One connection after the switch of protocol. */
  interface Session {
    void asked(Passed.Asked asked, Parameters parameters);

    /** With a good answer. */
    void answered(Passed.Asked asked, Passed.Answered answer);

    void ended();
  }

  /** Hears a conversation to its end. */
  public void hear(List<Passed> conversation) {
    for (Passed passed : conversation) {
      switch (passed) {
        case Passed.Asked asked -> asked(asked);
        case Passed.Answered answer -> answered(answer);
        case Passed.Ended ended -> ended(ended.connection());
      }
    }
    Unacceptable.unless(sessions.isEmpty(), "sessions left open: %s", sessions.keySet());
    open.clear();
  }

  private void asked(Passed.Asked asked) {
    open.put(asked.connection() + "/" + asked.stream(), asked);
    Session session = sessions.get(asked.connection());
    Unacceptable.unless(
        asked.inSession() == (session != null), "%s outside of its protocol", asked.call());
    if (session != null) {
      session.asked(asked, Parameters.of(asked));
      return;
    }
    switch (asked.call()) {
      case "GET /backup", "GET /reader" -> {
        authenticated(asked);
        var unused = Parameters.of(asked);
      }
      default -> {
        String call = asked.call().replaceFirst("(?<=/admin/datastore/)[^/]+", "STORE");
        Unacceptable.unless(REST.contains(call), "a client has no use for %s", call);
      }
    }
  }

  private static void authenticated(Passed.Asked asked) {
    String token = asked.headers().getOrDefault("authorization", "");
    String cookie = asked.headers().getOrDefault("cookie", "");
    Unacceptable.unless(
        token.startsWith("PBSAPIToken") || cookie.startsWith("PBSAuthCookie="),
        "%s without a token or a ticket",
        asked.call());
  }

  private void answered(Passed.Answered answer) {
    Passed.Asked asked = open.remove(answer.connection() + "/" + answer.stream());
    if (asked == null) {
      throw new Unacceptable("an answer without a request on connection " + answer.connection());
    }
    Session session = sessions.get(answer.connection());
    if (session != null) {
      Unacceptable.unless(answer.status() == 200, "%s: %d", asked.call(), answer.status());
      session.answered(asked, answer);
      return;
    }
    switch (asked.call()) {
      case "GET /backup" -> upgraded(asked, answer, "proxmox-backup-protocol-v1");
      case "GET /reader" -> upgraded(asked, answer, "proxmox-backup-reader-protocol-v1");
      default -> Unacceptable.unless(answer.status() == 200, "%s: %d", asked, answer.status());
    }
  }

  private void upgraded(Passed.Asked asked, Passed.Answered answer, String protocol) {
    Unacceptable.unless(
        protocol.equals(asked.headers().get("upgrade")), "%s: invalid protocol name", asked.call());
    Unacceptable.unless(answer.status() == 101, "%s: %d", asked.call(), answer.status());
    Parameters parameters = Parameters.of(asked);
    String group = group(asked);
    Session session =
        asked.path().equals("/backup")
            ? new BackupModel(this, parameters, group)
            : new ReaderModel(this, parameters, group);
    sessions.put(asked.connection(), session);
  }

  private void ended(int connection) {
    Session session = sessions.remove(connection);
    if (session != null) {
      session.ended();
    }
  }

  private static String group(Passed.Asked upgrade) {
    Map<String, String> query = upgrade.query();
    return query.get("store")
        + ":"
        + query.getOrDefault("ns", "")
        + ":"
        + query.get("backup-type")
        + "/"
        + query.get("backup-id");
  }

  Optional<Map.Entry<Long, Snapshot>> last(String group) {
    TreeMap<Long, Snapshot> snapshots = groups.getOrDefault(group, new TreeMap<>());
    return Optional.ofNullable(snapshots.lastEntry());
  }

  @Nullable Snapshot snapshot(String group, long time) {
    return groups.getOrDefault(group, new TreeMap<>()).get(time);
  }

  void finished(String group, long time, Snapshot snapshot) {
    groups.computeIfAbsent(group, unused -> new TreeMap<>()).put(time, snapshot);
  }

  /** Whether a running backup has this snapshot's manifest: a reader beside it needs no other. */
  boolean hasManifest(String group, long time) {
    return sessions.values().stream()
        .anyMatch(
            session -> session instanceof BackupModel backup && backup.hasManifestOf(group, time));
  }
}
