package dev.holdfast.replication.mesh;

import java.time.Instant;

/**
 * A site that is in the mesh now.
 *
 * @param address the virtual address, {@code 127.77.x.y}
 * @param version of the program that runs there
 * @param since when this node first saw it in its current run
 * @param self this node
 */
public record MeshMember(
    String site, String address, String version, Instant since, boolean self) {}
