package dev.holdfast.meshconfig;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The cluster this node joins.
 *
 * @param secretFile the secret that all members share
 * @param address this node's virtual loopback address, {@code 127.77.x.y}; absent = derived by the
 *     node
 */
public record MeshSettings(Path secretFile, Optional<String> address) {}
