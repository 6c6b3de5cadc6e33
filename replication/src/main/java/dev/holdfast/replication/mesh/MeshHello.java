package dev.holdfast.replication.mesh;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.SafeId;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a node says of itself to a peer that asks {@code GET /api2/json/mesh/hello}:
 *
 * <pre>
 * { "site", "address": "127.77.x.y" or absent, "host", "version", "capabilities": [ … ] }
 * </pre>
 *
 * @param address of its member; null when it runs none
 * @param host tells whether both run on the same host
 * @param capabilities what its {@code /mesh/} endpoints can do, never assumed
 */
public record MeshHello(
    String site,
    @Nullable VirtualAddress address,
    HostIdentity host,
    String version,
    List<String> capabilities) {

  /** Texts of a peer's answer; ours are far shorter. */
  private static final int TEXT_CHARS_MAX = 256;

  private static final int CAPABILITIES_MAX = 64;

  public MeshHello {
    SafeId.require(site, "site");
    capabilities = List.copyOf(capabilities);
  }

  public ObjectNode toJson() {
    ObjectNode json =
        JsonNodeFactory.instance
            .objectNode()
            .put("site", site)
            .put("host", host.text())
            .put("version", version);
    if (address != null) {
      json.put("address", address.toString());
    }
    ArrayNode list = json.putArray("capabilities");
    capabilities.forEach(list::add);
    return json;
  }

  /** From the {@code data} of the answer; members that it does not know are ignored. */
  public static MeshHello parse(JsonNode json) {
    List<String> capabilities = new ArrayList<>();
    for (JsonNode one : json.path("capabilities")) {
      if (capabilities.size() == CAPABILITIES_MAX) {
        break;
      }
      capabilities.add(text(one, "capability"));
    }
    String address = text(json.path("address"), "address");
    return new MeshHello(
        text(json.path("site"), "site"),
        address.isEmpty() ? null : VirtualAddress.parse(address),
        new HostIdentity(text(json.path("host"), "host")),
        text(json.path("version"), "version"),
        capabilities);
  }

  private static String text(JsonNode node, String name) {
    String text = node.asText("");
    if (text.length() > TEXT_CHARS_MAX) {
      throw BackupException.invalid(
          "mesh hello: " + name + " is longer than " + TEXT_CHARS_MAX + " characters");
    }
    return text;
  }
}
