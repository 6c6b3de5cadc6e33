package dev.holdfast.replication.mesh;

import org.jspecify.annotations.Nullable;

/**
 * How this node reaches the member of one peer.
 *
 * @param peer the name in the configuration
 * @param site what the peer calls itself; null before the first contact
 * @param address of its member: computed from its name, or what it said itself
 * @param detail why it is so, one sentence; empty when all is well
 */
public record PeerLink(
    String peer, @Nullable String site, VirtualAddress address, Kind kind, String detail) {

  public enum Kind {
    /** Not contacted yet. */
    PENDING,
    /** On the same host: nothing is needed. */
    DIRECT,
    /** Its virtual address is listened on, and connections go through TLS. */
    TUNNEL,
    /** It answers, and has no member. */
    NO_MESH,
    /** No answer, or one that cannot be used; tried again. */
    FAILED
  }
}
