package dev.holdfast.meshconfig;

import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Fingerprint;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Another site: where it is, how it proves itself (pins) and how we prove ourselves (token).
 *
 * @param pins certificates that are accepted, any of them; never empty; in the order of the file
 * @param token the id of our API token at the peer
 * @param secretFile holds the token's secret; made absolute against the directory of mesh.yaml
 */
public record PeerConfig(
    String name, HostAndPort url, Set<Fingerprint> pins, AuthId token, Path secretFile) {

  public PeerConfig {
    pins = Collections.unmodifiableSet(new LinkedHashSet<>(pins));
  }
}
