package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.replication.peer.HeldTicket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Tickets of earlier logins, shared with proxmox-backup-client: {@code
 * $XDG_RUNTIME_DIR/proxmox-backup/tickets} holds {@code {SERVER:{USERID:{timestamp,ticket,token}}}}
 * (spec/protocols.md §1.5). A ticket stands for a password that nobody gave. Where there is no
 * directory for it nothing is kept, and what cannot be read counts as absent.
 */
final class TicketCache {
  /** A ticket lives for two hours; the last minute of one is not begun. */
  private static final Duration USABLE = Duration.ofMinutes(119);

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final @Nullable Path file;

  TicketCache(Terminal terminal) {
    this.file = ClientFiles.runtime(terminal, "tickets").orElse(null);
  }

  Optional<Secret> find(String server, AuthId user, Instant now) {
    JsonNode entry = read().path(server).path(user.toString());
    return isUsable(entry, now)
        ? Optional.of(new Secret(entry.path("ticket").asText()))
        : Optional.empty();
  }

  private static boolean isUsable(JsonNode entry, Instant now) {
    if (!entry.path("ticket").isTextual()) {
      return false;
    }
    Duration age = Duration.between(Instant.ofEpochSecond(entry.path("timestamp").asLong()), now);
    return !age.isNegative() && age.compareTo(USABLE) < 0;
  }

  /** Also drops what is too old to be of use. */
  void put(String server, AuthId user, HeldTicket ticket, Instant now) throws IOException {
    ObjectNode all = read();
    all.withObjectProperty(server)
        .putObject(user.toString())
        .put("timestamp", ticket.since().getEpochSecond())
        .put("ticket", ticket.ticket().reveal())
        .put("token", ticket.csrf().reveal());
    for (Iterator<JsonNode> servers = all.elements(); servers.hasNext(); ) {
      for (Iterator<JsonNode> users = servers.next().elements(); users.hasNext(); ) {
        if (!isUsable(users.next(), now)) {
          users.remove();
        }
      }
    }
    write(all);
  }

  /** Whether there was one. */
  boolean remove(String server, AuthId user) throws IOException {
    ObjectNode all = read();
    if (!(all.get(server) instanceof ObjectNode users) || users.remove(user.toString()) == null) {
      return false;
    }
    write(all);
    return true;
  }

  private ObjectNode read() {
    if (file != null) {
      try {
        if (MAPPER.readTree(Files.readAllBytes(file)) instanceof ObjectNode all) {
          return all;
        }
      } catch (IOException e) {
        return MAPPER.createObjectNode();
      }
    }
    return MAPPER.createObjectNode();
  }

  private void write(ObjectNode all) throws IOException {
    if (file != null) {
      ClientFiles.write(file, MAPPER.writeValueAsString(all));
    }
  }
}
